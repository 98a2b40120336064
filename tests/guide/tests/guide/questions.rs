include!(concat!(env!("OUT_DIR"), "/questions.rs"));

#[tokio::test]
async fn a_scope_turns_it_off() -> crate::Outcome {
    let db = crate::bakery().await?;
    off::without_records(crate::new_cake(), &db).await?;
    assert_eq!(crate::records(&db).await?.len(), 0);
    Ok(())
}
