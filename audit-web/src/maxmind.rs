//! Country and city of a login, from a MaxMind database file.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use audit_sea_orm::{GeoLocator, GeoPlace};
use maxminddb::{Reader, geoip2};
use thiserror::Error;

/// Tells where an address is by a MaxMind database: GeoLite2 or GeoIP2, City or Country, or any file of that
/// format with such records. A Country database knows no cities.
///
/// The file is read into memory once; open it anew to follow its updates. Names are the English ones.
///
/// # Example
/// ```no_run
/// use audit_sea_orm::LoginAttempt;
/// use audit_web::maxmind::MaxMindLocator;
///
/// # async fn example(db: sea_orm::DatabaseConnection) -> Result<(), Box<dyn std::error::Error>> {
/// let locator = MaxMindLocator::open("GeoLite2-City.mmdb")?;
/// LoginAttempt::success("ada").located_by(&locator).record(&db).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MaxMindLocator {
    reader: Reader<Vec<u8>>,
}

impl MaxMindLocator {
    /// Reads a database file.
    ///
    /// # Errors
    /// [`MaxMindError`] where the file cannot be read or is no such database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, MaxMindError> {
        let path = path.as_ref();
        let reader = Reader::open_readfile(path).map_err(|source| MaxMindError {
            path: path.to_owned(),
            source: source.into(),
        })?;
        Ok(Self { reader })
    }
}

impl GeoLocator for MaxMindLocator {
    fn locate(&self, ip: IpAddr) -> Option<GeoPlace> {
        // A record that is missing or broken is a place that is not known: a login does not fail for it.
        let found = self.reader.lookup(ip.to_canonical()).ok()?;
        let record = found.decode::<geoip2::City<'_>>().ok()??;
        // Where the network is registered, should nobody know where it is.
        let country = record.country.names.english;
        let country = country.or(record.registered_country.names.english);
        let city = record.city.names.english;
        (country.is_some() || city.is_some()).then(|| GeoPlace {
            country: country.map(ToOwned::to_owned),
            city: city.map(ToOwned::to_owned),
        })
    }
}

/// A MaxMind database that cannot be used.
#[derive(Debug, Error)]
#[error("the MaxMind database `{}` cannot be read", path.display())]
pub struct MaxMindError {
    path: PathBuf,
    // Not the library's own type, which would become part of this one's interface.
    source: Box<dyn std::error::Error + Send + Sync>,
}

#[cfg(test)]
mod tests;
