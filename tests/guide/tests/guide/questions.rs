include!(concat!(env!("OUT_DIR"), "/questions.rs"));

#[tokio::test]
async fn a_scope_turns_it_off() -> crate::Outcome {
    let db = crate::bakery().await?;
    off::without_records(crate::new_cake(), &db).await?;
    assert_eq!(crate::records(&db).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn rows_that_are_older_than_the_audit_log_are_recorded() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = off::without_records(crate::new_cake(), &db).await?;
    assert_eq!(baseline::baseline(&db).await?, 1);
    let record = crate::last_record(&db).await?;
    assert_eq!(
        (record.action.as_str(), record.object_id),
        ("IMPORT", Some(cake.id.to_string()))
    );
    Ok(())
}
