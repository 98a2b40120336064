use proc_macro2::Ident;
use syn::Error;

pub(crate) const STRUCT_KEYS: &str = "`skip(\"..\")`, `mask(\"..\")`, `renamed(\"..\")`, `repr = \"..\"`, \
                                      `table = \"..\"`, `capture = \"..\"`, `manual_hooks`, `crate = \"..\"`";
pub(crate) const FIELD_KEYS: &str = "`skip`, `mask`, `renamed(\"..\")`";

pub(crate) fn unknown_on_struct(key: &Ident) -> Error {
    let hint = match meant(&key.to_string()) {
        Some(form) => format!(" (did you mean `{form}`?)"),
        None => String::new(),
    };
    Error::new_spanned(
        key,
        format_args!("unknown key `{key}`{hint}; a struct may have {STRUCT_KEYS}"),
    )
}

pub(crate) fn unknown_on_field(key: &Ident) -> Error {
    let name = key.to_string();
    if ["repr", "table", "capture", "manual_hooks", "crate"].contains(&name.as_str()) {
        return Error::new_spanned(
            key,
            format_args!("`{key}` is for the whole entity; move it to the struct"),
        );
    }
    let hint = match meant(&name) {
        Some("skip(\"..\")") => " (did you mean `skip`?)",
        Some("mask(\"..\")") => " (did you mean `mask`?)",
        Some("renamed(\"..\")") => " (did you mean `renamed(\"..\")`?)",
        _ => "",
    };
    Error::new_spanned(
        key,
        format_args!("unknown key `{key}`{hint}; a field may have {FIELD_KEYS}"),
    )
}

/// What a key that other crates use, or a slip of the pen, stands for here.
fn meant(key: &str) -> Option<&'static str> {
    Some(match key {
        "redact" | "redacted" | "masked" | "secret" | "sensitive" => "mask(\"..\")",
        "ignore" | "ignored" | "hide" | "hidden" | "skipped" | "exclude" => "skip(\"..\")",
        "rename" | "former" | "formerly" | "former_name" | "alias" => "renamed(\"..\")",
        "display" | "label" | "object_repr" | "to_string" => "repr = \"..\"",
        "table_name" | "audit_table" => "table = \"..\"",
        "hooks" | "trigger" | "triggers" => "capture = \"..\"",
        "behavior" | "behaviour" | "manual" | "manual_hook" | "no_hooks" => "manual_hooks",
        _ => return None,
    })
}
