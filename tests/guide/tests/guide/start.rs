include!(concat!(env!("OUT_DIR"), "/start.rs"));

#[tokio::test]
async fn the_first_change_is_recorded_and_read() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    let cake = write::handler(42, cake, &db).await?;
    assert_eq!(cake.price, 480);
    let history = read::history(&cake, &db).await?;
    assert_eq!(history[0], "UPDATE by 42: price");
    assert_eq!(
        history[1],
        "CREATE by nobody: id, name, price, secret_recipe"
    );

    let created = &crate::records(&db).await?[0];
    assert_eq!(created.object_repr.as_deref(), Some("Sachertorte"));
    assert_eq!(
        created.new_values.as_ref().ok_or("values")?["secret_recipe"],
        "***"
    );
    Ok(())
}
