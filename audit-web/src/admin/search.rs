//! Looking for a part of a text. No index finds what stands in the middle of one, the same on three databases.

use sea_orm::{
    DbBackend, IdenStatic,
    sea_query::{Alias, Cond, Expr, ExprTrait, Func, LikeExpr},
};

use super::listed::Listed;

/// That one of the columns that are searched holds a text, not minding letter case.
pub(super) fn holds<E: Listed>(text: &str, backend: DbBackend) -> Cond {
    let pattern = format!("%{}%", escaped(&text.to_lowercase()));
    let columns = E::SEARCHED.iter().map(|column| {
        let lower = Func::lower(match backend {
            // Names are compared byte by byte there, and of such PostgreSQL lowers ASCII alone.
            DbBackend::Postgres => {
                let (table, column) = (E::TABLE, column.as_str());
                Expr::cust(format!(r#""{table}"."{column}" COLLATE "default""#))
            }
            _ => Expr::col((Alias::new(E::TABLE), *column)),
        });
        Expr::expr(lower).like(LikeExpr::new(pattern.clone()).escape('!'))
    });
    columns.fold(Cond::any(), Cond::add)
}

/// The text with what `LIKE` reads as a pattern spelled out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pattern_is_spelled_out() {
        assert_eq!(super::escaped("50%_!x"), "50!%!_!!x");
    }
}
