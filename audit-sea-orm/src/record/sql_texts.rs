use std::sync::{Arc, PoisonError, RwLock};

/// Texts of statements that are sent again and again, by what tells them apart: to build one costs as much as to
/// send it to SQLite.
#[derive(Debug)]
pub(crate) struct SqlTexts<K>(RwLock<Vec<(K, Arc<str>)>>);

/// The most texts of a kind that are kept. There are a handful in practice; one more is built each time.
const MOST: usize = 64;

impl<K: PartialEq> SqlTexts<K> {
    pub(crate) const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    /// The text for that key, made where there is none yet.
    pub(crate) fn get(&self, key: K, make: impl FnOnce() -> String) -> Arc<str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = known.iter().find(|(known, _)| *known == key) {
            return Arc::clone(text);
        }
        drop(known);
        let text: Arc<str> = make().into();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Two may come here at once with the same key: then one entry is never found, and does no harm.
        if known.len() < MOST {
            known.push((key, Arc::clone(&text)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_once_and_only_so_many_are_kept() {
        let texts = SqlTexts::new();
        assert_eq!(&*texts.get(1, || "one".to_owned()), "one");
        assert_eq!(&*texts.get(1, || unreachable!("it is kept")), "one");
        for key in 0..1_000 {
            assert_eq!(*texts.get(key + 2, || key.to_string()), *key.to_string());
        }
        assert_eq!(texts.0.read().unwrap().len(), MOST);
    }
}
