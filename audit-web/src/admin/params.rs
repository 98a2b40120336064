use super::failure::Failure;

/// The parameters of a URL or a form, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query or a form's body.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text)
            .map_err(|_| Failure::bad_request("The address cannot be read."))?;
        // PostgreSQL has no text that holds one, so nothing can be looked for with it.
        if pairs.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Failure::bad_request(
                "A value in the address holds a NUL, which no text in the trail does.",
            ));
        }
        Ok(Self(pairs))
    }

    /// The first value of that name, unless it is empty, as an empty field of a form is.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The value of that name, read as another type.
    pub(super) fn read<T: std::str::FromStr>(
        &self,
        name: &str,
        what: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let shown: String = text.chars().take(60).collect();
            Failure::bad_request(format!("“{shown}” is not {what}."))
        })
    }

    /// Those of these names that hold something, in the order of the names.
    pub(super) fn keeping(&self, names: impl IntoIterator<Item = &'static str>) -> Self {
        let kept = names.into_iter().filter_map(|name| {
            let value = self.get(name)?;
            Some((name.to_owned(), value.to_owned()))
        });
        Self(kept.collect())
    }

    /// With one value set, or left out.
    pub(super) fn with(&self, name: &str, value: Option<String>) -> Self {
        let mut pairs = self.0.clone();
        pairs.retain(|(key, _)| key != name);
        pairs.extend(value.map(|value| (name.to_owned(), value)));
        Self(pairs)
    }

    /// As a query, with its `?`; `?` alone where there is none, so that a link loses the page's own.
    pub(super) fn to_query(&self) -> String {
        // OK because pairs of text always have this form.
        let query = serde_urlencoded::to_string(&self.0).unwrap_or_default();
        format!("?{query}")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a JSON object.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let pairs = self.0.iter();
        pairs
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// A link to a page with such parameters.
pub(super) fn link(page: &str, pairs: &[(&str, &str)]) -> String {
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("{page}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_hostile_text_whole() {
        let hostile = "a&b=c\"><script>%00+é 'x";
        let query = Params::default()
            .with("q", Some(hostile.to_owned()))
            .to_query();
        assert!(!query.contains(['"', '<', '>', '\'', ' ']), "{query}");
        let read = Params::parse(&query[1..]).unwrap();
        assert_eq!(read.get("q"), Some(hostile));
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(Params::parse("q=a%00b").is_err());
    }
}
