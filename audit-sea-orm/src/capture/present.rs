//! The table of an entity under the name that it has at present, while a migration gives it another.

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    catalog::{self, Dialect},
    contention::{TRIES, met_another, pause},
    install::send_each,
    installed,
    options::CaptureOptions,
    table::Table,
};
use crate::{
    Audited,
    audited::{entity_names, renames},
    quoted,
};

/// A table that is there, under its entity's name or a former one.
#[derive(Clone, Debug)]
pub struct PresentTable {
    dialect: Dialect,
    schema: String,
    name: String,
    is_former: bool,
}

impl PresentTable {
    /// The table of an entity: by the entity's name, else by the first of its former names that a table has. A former name that
    /// another entity has now is not looked for: that table is the other's. `None` where there is no such table.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn of<C, E>(db: &C, entity: &E) -> Result<Option<Self>, DbErr>
    where
        C: ConnectionTrait,
        E: Audited,
    {
        let table = Table::of(entity);
        let dialect = Dialect::of(db).await?;
        let own = table.schema.as_deref();
        let former = entity_names::former_tables::<E>();
        let names = renames::all().tables_of(&table.audit_name, former);
        let former = names
            .iter()
            .skip(1)
            .flat_map(|name| former_places(own, name));
        let places = [(own, table.name.as_str(), false)].into_iter();
        let places = places.chain(former.map(|(schema, name)| (schema, name, true)));
        for (schema, name, is_former) in places {
            if let Some(schema) = catalog::schema_of(db, dialect, schema, name).await? {
                return Ok(Some(Self {
                    dialect,
                    schema,
                    name: name.to_owned(),
                    is_former,
                }));
            }
        }
        Ok(None)
    }

    /// Its name, without its schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its entity has another name for it.
    #[must_use]
    pub fn is_former(&self) -> bool {
        self.is_former
    }

    /// Keeps others from using it on MariaDB and MySQL, until `UNLOCK TABLES`, and removes its triggers; the options that they
    /// had. Tried again where others install triggers at the same time: they hold the name of a trigger and wait for the table.
    ///
    /// # Errors
    /// What the database reports. Then nothing is locked.
    pub async fn lock_and_remove<C>(&self, db: &C) -> Result<Option<CaptureOptions>, DbErr>
    where
        C: ConnectionTrait,
    {
        let (schema, name) = (
            quoted::mysql_name(&self.schema),
            quoted::mysql_name(&self.name),
        );
        let lock = format!("LOCK TABLES {schema}.{name} WRITE");
        let mut options = None;
        for tried in 1.. {
            let removed = async {
                db.execute_unprepared(&lock).await?;
                options = options.or(self.installed_options(db).await?);
                self.remove_triggers(db).await
            };
            let Err(error) = removed.await else {
                break;
            };
            db.execute_unprepared("UNLOCK TABLES").await?;
            if tried == TRIES || !met_another(&error) {
                return Err(error);
            }
            pause(tried).await;
        }
        Ok(options)
    }

    /// What its triggers were installed with; `None` where there are none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn installed_options<C>(&self, db: &C) -> Result<Option<CaptureOptions>, DbErr>
    where
        C: ConnectionTrait,
    {
        let installed = installed::all(db, self.dialect).await?;
        let here = installed::on(&installed, &self.schema, &self.name);
        Ok(installed::options(&here))
    }

    /// Removes its capture triggers, with their functions, inside the transaction or the lock of who asks.
    ///
    /// # Errors
    /// What the database reports. That there is none, is no error.
    pub async fn remove_triggers<C>(&self, db: &C) -> Result<(), DbErr>
    where
        C: ConnectionTrait,
    {
        let installed = installed::all(db, self.dialect).await?;
        let here = installed::on(&installed, &self.schema, &self.name);
        let removals = installed::removals(&here, self.dialect, &installed);
        send_each(db, &removals).await
    }
}

/// Where a table may be that has a former name: that is one in records, so with a schema where its entity named one. A name
/// may hold a dot, too.
fn former_places<'a>(
    own: Option<&'a str>,
    name: &'a str,
) -> impl Iterator<Item = (Option<&'a str>, &'a str)> {
    let qualified = name.split_once('.');
    let qualified = qualified.map(|(schema, name)| (Some(schema), name));
    [(own, name)].into_iter().chain(qualified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_are_those_of_records() {
        let places = |own, name| former_places(own, name).collect::<Vec<_>>();
        assert_eq!(places(None, "torte"), [(None, "torte")]);
        assert_eq!(places(Some("shop"), "torte"), [(Some("shop"), "torte")]);
        assert_eq!(
            places(Some("shop"), "shop.torte"),
            [(Some("shop"), "shop.torte"), (Some("shop"), "torte")]
        );
        assert_eq!(
            places(None, "old.torte"),
            [(None, "old.torte"), (Some("old"), "torte")]
        );
    }
}
