//! A key of another type would be another unit, so only some types are keys.

use switchstand::Router;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = Router::new("ranker", "v1", ())?;
    let user: i64 = 42;
    let _ = router.route(user);
    Ok(())
}
