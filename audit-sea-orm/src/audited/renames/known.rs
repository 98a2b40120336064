//! Which former name stands for which present one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audited::entity_names::EntityNames;

/// The renames of all entities.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    /// Every present name of a table.
    present: BTreeSet<String>,
    /// The present name of each former one that a single table claims.
    former: BTreeMap<String, String>,
    /// Those tables that have former names, or columns that have, by their present names.
    tables: HashMap<String, TableNames>,
}

/// The names of one table.
#[derive(Debug, Default)]
struct TableNames {
    /// The former names that it may claim.
    former: Vec<String>,
    /// Its renamed columns, each with the former names that are no present column, the last one first.
    columns: BTreeMap<String, Vec<String>>,
}

impl Renames {
    /// Where a name is a present one too, that wins: its records are those of who has the name now.
    pub(crate) fn of(entities: impl IntoIterator<Item = EntityNames>) -> Self {
        let mut entities: Vec<_> = entities.into_iter().collect();
        // The registry is in the order of the linker.
        entities.sort_by(|a, b| a.table.cmp(&b.table));
        let mut renames = Self {
            present: entities.iter().map(|entity| entity.table.clone()).collect(),
            ..Self::default()
        };
        for entity in &entities {
            let columns = present_columns(&entities, &entity.table);
            let table = renames.tables.entry(entity.table.clone()).or_default();
            for name in &entity.former_tables {
                if !renames.present.contains(name) && !table.former.contains(name) {
                    table.former.push(name.clone());
                }
            }
            table.add_columns(entity, &columns);
        }
        renames
            .tables
            .retain(|_, table| !table.former.is_empty() || !table.columns.is_empty());
        renames.former = claimed_once(&renames.tables);
        renames
    }

    /// The present name of a table.
    pub(crate) fn table<'a>(&'a self, recorded: &'a str) -> &'a str {
        self.former.get(recorded).map_or(recorded, String::as_str)
    }

    /// Every name of a table, the present one first.
    pub(crate) fn tables<'a>(&'a self, table: &'a str) -> Vec<&'a str> {
        let present = self.table(table);
        let former = self.tables.get(present).map(|table| &table.former);
        let former = former.into_iter().flatten().map(String::as_str);
        std::iter::once(present).chain(former).collect()
    }

    /// The same of an entity that may be unknown to the registry, so that it brings its former names along.
    pub(crate) fn tables_of(&self, table: &str, former: Vec<String>) -> Vec<String> {
        let mut names: Vec<String> = self.tables(table).into_iter().map(str::to_owned).collect();
        for name in former {
            if !self.present.contains(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    pub(crate) fn former_tables(&self) -> impl Iterator<Item = (&str, &str)> {
        let former = self.former.iter();
        former.map(|(former, present)| (former.as_str(), present.as_str()))
    }

    /// The renamed columns of a table, by any of its names, each with its former names.
    pub(crate) fn columns(&self, recorded: &str) -> Option<&BTreeMap<String, Vec<String>>> {
        let table = self.tables.get(self.table(recorded))?;
        (!table.columns.is_empty()).then_some(&table.columns)
    }

    /// The former names of a column: for each table whose column of that name has any, the names of the table under which
    /// its records are read, and those of the column.
    pub(crate) fn former_columns<'a>(
        &'a self,
        column: &'a str,
    ) -> impl Iterator<Item = (Vec<&'a str>, &'a [String])> {
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort_by_key(|(present, _)| *present);
        tables.into_iter().filter_map(move |(present, table)| {
            let former = table.columns.get(column)?;
            let names = self.tables(present).into_iter();
            let own = names.filter(|name| self.table(name) == present);
            Some((own.collect(), former.as_slice()))
        })
    }
}

impl TableNames {
    fn add_columns(&mut self, entity: &EntityNames, present: &BTreeSet<&str>) {
        for (column, former) in &entity.columns {
            for name in *former {
                let mut known = self.columns.values().flatten();
                if !present.contains(name) && !known.any(|known| known == name) {
                    let former = self.columns.entry(column.clone()).or_default();
                    former.push((*name).to_owned());
                }
            }
        }
    }
}

/// The columns that all entities of a table have.
fn present_columns<'a>(entities: &'a [EntityNames], table: &str) -> BTreeSet<&'a str> {
    let of_table = entities.iter().filter(|entity| entity.table == table);
    let columns = of_table.flat_map(|entity| &entity.columns);
    columns.map(|(name, _)| name.as_str()).collect()
}

/// The former names of which it is known whose they are: where a table was split, several claim its name.
fn claimed_once(tables: &HashMap<String, TableNames>) -> BTreeMap<String, String> {
    let mut claims: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (present, table) in tables {
        for former in &table.former {
            claims.entry(former).or_default().push(present);
        }
    }
    let single = claims
        .into_iter()
        .filter_map(|(former, claims)| match claims.as_slice() {
            [present] => Some((former.clone(), (*present).clone())),
            _ => None,
        });
    single.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Columns = &'static [(&'static str, &'static [&'static str])];

    fn entity(table: &str, former: &[&str], columns: Columns) -> EntityNames {
        EntityNames {
            table: table.to_owned(),
            former_tables: former.iter().map(ToString::to_string).collect(),
            columns: columns
                .iter()
                .map(|(name, former)| ((*name).to_owned(), *former))
                .collect(),
        }
    }

    #[test]
    fn a_table_is_known_by_each_of_its_names() {
        let renames = Renames::of([
            entity("cake", &["torte", "flan"], &[]),
            entity("pie", &[], &[]),
        ]);
        for name in ["cake", "torte", "flan"] {
            assert_eq!(renames.table(name), "cake");
            assert_eq!(renames.tables(name), ["cake", "torte", "flan"]);
        }
        assert_eq!(renames.tables("pie"), ["pie"]);
        assert_eq!(renames.tables("unheard of"), ["unheard of"]);
        let former: Vec<_> = renames.former_tables().collect();
        assert_eq!(former, [("flan", "cake"), ("torte", "cake")]);
    }

    #[test]
    fn a_present_name_is_nobodys_former_one() {
        let renames = Renames::of([
            entity("cake", &["torte"], &[("b", &["a", "c"]), ("c", &[])]),
            entity("torte", &[], &[("a", &[])]),
        ]);
        assert_eq!(renames.tables("cake"), ["cake"]);
        assert_eq!(renames.table("torte"), "torte");
        let columns = renames.columns("cake").unwrap();
        assert_eq!(columns["b"], ["a"]);
        assert!(renames.columns("torte").is_none());
        let own = renames.tables_of("unknown", vec!["torte".to_owned(), "flan".to_owned()]);
        assert_eq!(own, ["unknown", "flan"]);
    }

    #[test]
    fn a_table_that_was_split_stays_what_it_was() {
        let renames = Renames::of([
            entity("customer", &["person"], &[("email", &["mail"])]),
            entity("employee", &["person"], &[]),
        ]);
        assert_eq!(renames.tables("customer"), ["customer", "person"]);
        assert_eq!(renames.tables("employee"), ["employee", "person"]);
        assert_eq!(renames.tables("person"), ["person"]);
        assert!(renames.columns("person").is_none());
        let asked: Vec<_> = renames.former_columns("email").collect();
        assert_eq!(asked, [(vec!["customer"], &["mail".to_owned()][..])]);
    }

    #[test]
    fn two_entities_of_one_table_add_up() {
        let renames = Renames::of([
            entity("cake", &["torte"], &[("id", &[]), ("price", &["cost"])]),
            entity("cake", &["flan"], &[("id", &["nr"]), ("cost", &[])]),
        ]);
        assert_eq!(renames.tables("flan"), ["cake", "torte", "flan"]);
        let columns = renames.columns("torte").unwrap();
        assert_eq!(
            columns.keys().collect::<Vec<_>>(),
            ["id"],
            "cost is a present column"
        );
    }
}
