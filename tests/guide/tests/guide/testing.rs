include!(concat!(env!("OUT_DIR"), "/testing.rs"));

#[tokio::test]
async fn what_a_block_leaves_is_compared() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    raised::a_raise_is_recorded(cake, &db).await
}
