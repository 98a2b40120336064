//! The pages of the repository: the code of the crates' readmes runs, links lead somewhere, and the words are plain.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What the readmes call: a readme has one program, so each is apart from the guide.
mod audit_migration_readme {
    include!(concat!(env!("OUT_DIR"), "/audit_migration.rs"));
}
mod audit_sea_orm_readme {
    include!(concat!(env!("OUT_DIR"), "/audit_sea_orm.rs"));
}
mod audit_web_readme {
    include!(concat!(env!("OUT_DIR"), "/audit_web.rs"));
}

mod entity {
    pub use crate::audit_sea_orm_readme::cake;
}

mod migration {
    use sea_orm::Schema;
    use sea_orm_migration::prelude::*;

    #[derive(DeriveMigrationName)]
    pub struct CreateCake;

    #[async_trait::async_trait]
    impl MigrationTrait for CreateCake {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let schema = Schema::new(manager.get_database_backend());
            manager
                .create_table(schema.create_table_from_entity(crate::entity::cake::Entity))
                .await
        }
    }
}

#[tokio::test]
async fn the_readmes_record_a_change() -> Outcome {
    use audit_sea_orm::prelude::*;
    use sea_orm::{EntityTrait, Set};

    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    audit_migration_readme::migrator::deploy(&db).await?;
    let cake = entity::cake::ActiveModel {
        name: Set("Sachertorte".to_owned()),
        price: Set(450),
        ..Default::default()
    };
    let cake = cake.audited_insert(&db).await?;
    audit_sea_orm_readme::write::raise_price(cake, &db).await?;
    let last = audit_log::Entity::find().newest_first().one(&db).await?;
    let last = last.ok_or("a record")?;
    assert_eq!(last.reason.as_deref(), Some("new season"));
    assert_eq!(last.actor_id.as_deref(), Some("42"));
    Ok(())
}

#[tokio::test]
async fn the_readmes_layer_names_the_user() -> Outcome {
    use audit_sea_orm::AuditContext;
    use axum::{Extension, Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;

    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    let who = async || {
        let actor = AuditContext::current().actor;
        actor.map(|actor| actor.to_string()).unwrap_or_default()
    };
    let router = audit_web_readme::layer::audited(Router::new().route("/", get(who)), &db);
    let router = router.layer(Extension(audit_web_readme::layer::User { id: 42 }));
    let answer = router.oneshot(Request::new(Body::empty())).await?;
    let body = axum::body::to_bytes(answer.into_body(), 100).await?;
    assert_eq!(body, "42");
    Ok(())
}

#[test]
fn links_lead_somewhere() -> Outcome {
    let mut broken = Vec::new();
    for (page, text) in pages()? {
        let prose = prose(&text);
        for link in prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.contains("://") || link.contains("::") || link.contains('@') {
                continue; // outside, or rustdoc's own
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.with_file_name(file),
            };
            let is_there =
                target.exists() && (anchor.is_empty() || anchors(&target)?.contains(anchor));
            // In a page of rustdoc's a name in the crate is a link too.
            let is_name = !file.is_empty() && !file.contains(['.', '/']) && is_of_rustdoc(&page);
            if !is_there && !is_name {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

#[test]
fn sentences_are_short_and_plain() -> Outcome {
    const MOST_WORDS: usize = 24;
    // A phrase on each line.
    const ARCHAIC: &str = include_str!("archaic.txt");
    assert!(ARCHAIC.lines().count() >= 10);
    let mut found = Vec::new();
    for (page, text) in pages()? {
        for sentence in sentences(&prose(&text)) {
            let words = sentence.split_whitespace().count();
            let plain = format!(" {} ", sentence.to_lowercase());
            let is_archaic = ARCHAIC
                .lines()
                .any(|phrase| plain.contains(&format!(" {phrase} ")));
            if words > MOST_WORDS || is_archaic {
                found.push(format!("{} ({words} words): {sentence}", page.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// Every page that is written here, with its text.
fn pages() -> std::io::Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let mut folders = vec![root];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                let is_ours = !name.starts_with('.')
                    && !matches!(&*name, "target" | "vendor" | "node_modules");
                folders.extend(is_ours.then_some(path));
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(&path)?;
                pages.push((path, text));
            }
        }
    }
    assert!(pages.len() > 20, "too few: {pages:?}");
    Ok(pages)
}

fn is_of_rustdoc(page: &Path) -> bool {
    page.components().any(|part| part.as_os_str() == "src")
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            prose.push('\n');
        } else if !is_code {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// What a heading can be linked by, as GitHub spells it.
fn anchors(page: &Path) -> std::io::Result<BTreeSet<String>> {
    let text = prose(&fs::read_to_string(page)?);
    let headings = text.lines().filter_map(|line| {
        let heading = line.trim_start_matches('#');
        (heading.len() < line.len()).then(|| heading.trim().to_lowercase())
    });
    let spelled = headings.map(|heading| {
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    Ok(spelled.collect())
}

/// The sentences, with `X` for each piece of code. A colon ends one, as what follows it is a list or an example.
fn sentences(prose: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for part in parts(prose) {
        let mut sentence = Vec::new();
        let part = without_links(&without_code(&part));
        for word in part.split_whitespace() {
            sentence.push(word);
            if word
                .trim_end_matches(['*', ')', '"', '_'])
                .ends_with(['.', '!', '?', ':'])
            {
                sentences.push(sentence.join(" "));
                sentence.clear();
            }
        }
        sentences.push(sentence.join(" "));
    }
    sentences
}

/// Paragraphs, headings, entries of lists and cells of tables.
fn parts(prose: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in prose.lines() {
        let line = line.trim();
        if line.starts_with('|') {
            parts.extend(line.split(" | ").map(str::to_owned));
            parts.push(String::new());
            continue;
        }
        let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_entry =
            line.starts_with("- ") || (numbered.len() < line.len() && numbered.starts_with(". "));
        if line.is_empty() || line.starts_with('#') || is_entry {
            parts.push(String::new());
        }
        let line = line.trim_start_matches(['-', '#', ' ']);
        let part = parts.last_mut().expect("it begins with one");
        part.push_str(line);
        part.push(' ');
    }
    parts
}

fn without_code(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(position, piece)| if position % 2 == 0 { piece } else { "X" })
        .collect()
}

fn without_links(text: &str) -> String {
    let mut pieces = text.split("](");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        shown.push_str(piece.split_once(')').map_or("", |(_, rest)| rest));
    }
    shown.replace(['[', ']'], "")
}
