use audit_sea_orm::{Error, history::Snapshot, prelude::*};
use sea_orm::{ActiveModelTrait, DbErr, IntoActiveModel, ModelTrait, Set, prelude::DateTimeUtc};

use super::{known, pause};
use crate::{
    Outcome, Test,
    entity::{
        author, book,
        cinema::{casting, film, performer},
    },
};

fn titles(books: &[Snapshot<book::Entity>]) -> Vec<String> {
    let titles = books.iter().map(|book| known(book, book::Column::Title));
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    titles
}

fn names(performers: &[Snapshot<performer::Entity>]) -> Vec<String> {
    let names = performers.iter();
    let names = names.map(|performer| known(performer, performer::Column::Name));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The whole of each part, as it was, found by its key.
async fn wholes_are_those_of_the_time(
    t: &Test,
    books: &[Snapshot<book::Entity>],
    whole: &author::Model,
    time: DateTimeUtc,
) -> Outcome {
    for book in books {
        let author = AsOf::<author::Entity>::at(time).related_to(book)?;
        let (author, sent) = t.sent(author.all(&t.db)).await;
        let author = author?.pop().ok_or("it had one")?;
        assert_eq!(author.model()?, *whole);
        assert!(
            sent.iter()
                .any(|sql| sql.contains("author") && sql.contains(" IN ")),
            "by its key: {sent:#?}"
        );
    }
    Ok(())
}

async fn insert_author(t: &Test, name: &str) -> Result<author::Model, DbErr> {
    let author = author::ActiveModel {
        name: Set(name.to_owned()),
        ..Default::default()
    };
    author.insert(&t.db).await
}

async fn insert_performers(t: &Test) -> Result<Vec<performer::Model>, DbErr> {
    let mut performers = Vec::new();
    for name in ["Brigitte", "Alfred", "Gustav", "Rudolf"] {
        let performer = performer::ActiveModel {
            name: Set(name.to_owned()),
            ..Default::default()
        };
        performers.push(performer.insert(&t.db).await?);
    }
    Ok(performers)
}

/// The parts of a whole at a time: those too that were deleted since or went to another, and not those that came later; and the
/// whole of a part.
pub async fn parts_are_those_of_the_time(t: &mut Test) -> Outcome {
    t.create_table(author::Entity).await?;
    t.create_table(book::Entity).await?;
    let book = async |title: &str, author_id: i32| {
        let book = book::ActiveModel {
            title: Set(title.to_owned()),
            author_id: Set(author_id),
            ..Default::default()
        };
        book.insert(&t.db).await
    };
    let (ada, grace) = (
        insert_author(t, "Ada").await?,
        insert_author(t, "Grace").await?,
    );
    let stays = book("stays", ada.id).await?;
    let moves = book("moves", ada.id).await?;
    let goes = book("goes", ada.id).await?;
    let moves_and_goes = book("moves and goes", ada.id).await?;
    let comes = book("comes", grace.id).await?;
    let time = pause().await;
    let move_to = async |book: &book::Model, to: &author::Model| {
        let mut edit = book.clone().into_active_model();
        edit.author_id = Set(to.id);
        edit.update(&t.db).await
    };
    move_to(&moves, &grace).await?;
    move_to(&comes, &ada).await?;
    goes.clone().delete(&t.db).await?;
    let moved = move_to(&moves_and_goes, &grace).await?;
    moved.delete(&t.db).await?;
    book("is new", ada.id).await?;
    let mut renamed = ada.clone().into_active_model();
    renamed.name = Set("Ada Lovelace".to_owned());
    renamed.update(&t.db).await?;
    let now = pause().await;

    let books = async |author: &author::Model, time: DateTimeUtc| {
        let author = History::of(author).at(time, &t.db).await?;
        let author = author.ok_or("it was there")?;
        let books = AsOf::<book::Entity>::at(time).related_to(&author)?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(books.all(&t.db).await?)
    };
    let then = books(&ada, time).await?;
    assert_eq!(titles(&then), ["goes", "moves", "moves and goes", "stays"]);
    assert_eq!(titles(&books(&grace, time).await?), ["comes"]);
    assert_eq!(
        titles(&books(&ada, now).await?),
        ["comes", "is new", "stays"]
    );
    assert_eq!(titles(&books(&grace, now).await?), ["moves"]);

    wholes_are_those_of_the_time(t, &then, &ada, time).await?;
    let stays = History::of(&stays).at(now, &t.db).await?;
    let stays = stays.ok_or("it is there")?;
    let author = AsOf::<author::Entity>::at(now).related_to(&stays)?;
    let author = author.one(&t.db).await?.ok_or("it has one")?;
    assert_eq!(author.model()?.name, "Ada Lovelace");
    // Who was not there yet is nobody's.
    let author = AsOf::<author::Entity>::at(DateTimeUtc::UNIX_EPOCH).related_to(&stays)?;
    assert_eq!(author.one(&t.db).await?, None);
    Ok(())
}

/// The performers of a film by the castings of a time, which were deleted, changed and made since, as some performers were.
pub async fn links_are_those_of_the_time(t: &mut Test) -> Outcome {
    t.create_table(film::Entity).await?;
    t.create_table(performer::Entity).await?;
    t.create_table(casting::Entity).await?;
    let film = film::ActiveModel {
        title: Set("Metropolis".to_owned()),
        ..Default::default()
    };
    let film = film.insert(&t.db).await?;
    let performers = insert_performers(t).await?;
    let cast = async |performer: &performer::Model| {
        let casting = casting::ActiveModel {
            film_id: Set(film.id),
            performer_id: Set(performer.id),
            ..Default::default()
        };
        casting.insert(&t.db).await
    };
    let castings = [
        cast(&performers[0]).await?,
        cast(&performers[1]).await?,
        cast(&performers[2]).await?,
    ];
    let time = pause().await;
    castings[0].clone().delete(&t.db).await?;
    let mut edit = castings[1].clone().into_active_model();
    edit.performer_id = Set(performers[3].id);
    edit.update(&t.db).await?;
    performers[0].clone().delete(&t.db).await?;
    let mut edit = performers[1].clone().into_active_model();
    edit.name = Set("Alf".to_owned());
    edit.update(&t.db).await?;
    let now = pause().await;

    let of_film = async |time: DateTimeUtc| {
        let film = History::of(&film).at(time, &t.db).await?;
        let film = film.ok_or("it was there")?;
        let cast = AsOf::<performer::Entity>::at(time);
        let cast = cast
            .linked_to::<casting::Entity, _, _>(&film, &t.db)
            .await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(names(&cast.all(&t.db).await?))
    };
    assert_eq!(of_film(time).await?, ["Alfred", "Brigitte", "Gustav"]);
    assert_eq!(of_film(now).await?, ["Gustav", "Rudolf"]);
    let castings = castings[0].clone();
    let casting = History::of(&castings).at(time, &t.db).await?;
    let casting = casting.ok_or("it was there")?;
    let of_casting = AsOf::<performer::Entity>::at(time).related_to(&casting)?;
    assert_eq!(names(&of_casting.all(&t.db).await?), ["Brigitte"]);

    let film = History::of(&film).at(time, &t.db).await?.ok_or("there")?;
    let refused = AsOf::<performer::Entity>::at(time).related_to(&film);
    assert!(matches!(refused, Err(Error::Db(_))), "{refused:?}");
    let performers = AsOf::<performer::Entity>::at(time);
    let refused = performers.linked_to::<casting::Entity, casting::Entity, _>(&casting, &t.db);
    assert!(refused.await.is_err());
    Ok(())
}
