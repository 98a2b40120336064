mod any_value;

use any_value::{any_null, any_value, enumerated, json, text};
use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use proptest::prelude::*;
use sea_orm::Value;
use serde_json::{Value as Json, json};

use super::{Captured, MAX_JSON_DEPTH, WRAPPED_JSON, from_json, to_json};

/// The value after a way through JSON and its text.
fn round_trip(value: &Value) -> Value {
    let json = to_json(value).unwrap();
    let text = json.to_string();
    let read: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(read, json, "{value:?} as text");
    from_json(&read, &value.as_null()).unwrap()
}

#[track_caller]
fn check(value: impl Into<Value>, json: &Json) {
    let value = value.into();
    assert_eq!(&to_json(&value).unwrap(), json);
    let back = round_trip(&value);
    assert_eq!(Captured(back), Captured(value));
}

fn checked(value: impl Into<Value>) {
    let value = value.into();
    let back = round_trip(&value);
    assert_eq!(Captured(back), Captured(value));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn every_value_comes_back(value in any_value()) {
        prop_assert_eq!(Captured(round_trip(&value)), Captured(value));
    }

    #[test]
    fn every_null_comes_back(null in any_null()) {
        prop_assert_eq!(to_json(&null).unwrap(), Json::Null);
        prop_assert_eq!(round_trip(&null), null);
    }

    #[test]
    fn equal_values_have_equal_encodings(value in any_value()) {
        let again = round_trip(&value);
        prop_assert_eq!(to_json(&again).unwrap(), to_json(&value).unwrap());
    }

    #[test]
    fn texts_hold_nothing_but_what_their_type_needs(value in any_value()) {
        if let (Some(alphabet), Json::String(text)) = (alphabet(&value), to_json(&value).unwrap()) {
            prop_assert!(text.chars().all(|c| alphabet.contains(c)), "{}", text);
        }
    }

    #[test]
    fn whatever_the_json_reading_it_does_not_panic((json, like) in odd_json()) {
        if let Ok(value) = from_json(&json, &like) {
            prop_assert_eq!(value.as_null(), like);
        }
    }
}

/// The characters that the text of a value of a type is made of; `None` where it may hold any.
fn alphabet(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Float(_) | Value::Double(_) => "-NaInfity",
        Value::Bytes(_) => "0123456789abcdef",
        Value::ChronoDate(_) => "+-0123456789",
        Value::ChronoTime(_) => "0123456789:.",
        Value::ChronoDateTime(_) => "+-0123456789:.T",
        Value::ChronoDateTimeUtc(_)
        | Value::ChronoDateTimeLocal(_)
        | Value::ChronoDateTimeWithTimeZone(_) => "+-0123456789:.TZ",
        #[cfg(feature = "with-time")]
        Value::TimeDate(_) => "+-0123456789",
        #[cfg(feature = "with-time")]
        Value::TimeTime(_) => "0123456789:.",
        #[cfg(feature = "with-time")]
        Value::TimeDateTime(_) => "+-0123456789:.T",
        #[cfg(feature = "with-time")]
        Value::TimeDateTimeWithTimeZone(_) => "+-0123456789:.TZ",
        #[cfg(feature = "with-uuid")]
        Value::Uuid(_) => "0123456789abcdef-",
        #[cfg(feature = "with-rust_decimal")]
        Value::Decimal(_) => "-0123456789.",
        #[cfg(feature = "with-bigdecimal")]
        Value::BigDecimal(_) => "-0123456789.",
        _ => return None,
    })
}

/// Any JSON and a type to read it as: much of it is nearly an encoding of that type.
fn odd_json() -> impl Strategy<Value = (Json, Value)> {
    let near = "[-+0-9a-fTZeE:.NInity ]{0,40}";
    let near = proptest::string::string_regex(near).unwrap();
    let wrapped = text().prop_map(|text| json!({WRAPPED_JSON: text}));
    let whatever = prop_oneof![json(4), near.prop_map(Json::from), wrapped];
    let cut = (any_value(), any::<prop::sample::Index>()).prop_map(|(value, at)| {
        let json = match to_json(&value).unwrap() {
            Json::String(text) => {
                let length = at.index(text.chars().count() + 1);
                text.chars().take(length).collect::<String>().into()
            }
            other => other,
        };
        (json, value.as_null())
    });
    prop_oneof![(whatever, any_null()), cut]
}

#[test]
fn floats_come_back_to_the_bit() {
    // The first is lost where its decimal is read as a double and then rounded again.
    let odd = [0x15ae_43fd, 1, 0x007f_ffff, 0x7f7f_ffff, 0x8000_0000];
    let spread = (0..=u32::MAX).step_by(40_009);
    for bits in odd.into_iter().chain(spread) {
        let float = f32::from_bits(bits);
        let Value::Float(Some(back)) = round_trip(&float.into()) else {
            panic!("{bits:#x} is no float any more");
        };
        assert!(
            back.to_bits() == bits || (back.is_nan() && float.is_nan()),
            "{bits:#x} became {back}"
        );
    }
}

#[test]
fn a_double_that_no_float_can_be_is_no_encoded_float() {
    assert!(from_json(&json!(1e39), &Value::Float(None)).is_err());
    check(f32::INFINITY, &json!("Infinity"));
    check(f64::NEG_INFINITY, &json!("-Infinity"));
    check(0.1_f32, &json!(0.1));
}

#[test]
fn nan_is_no_change_in_an_array_either() {
    check(f64::NAN, &json!("NaN"));
    #[cfg(feature = "postgres-array")]
    {
        check(vec![f32::NAN, 1.0], &json!(["NaN", 1.0]));
        let two = |second: f64| Captured(vec![f64::NAN, second].into());
        assert_ne!(two(1.0), two(2.0));
    }
}

#[test]
fn integers_at_their_ends() {
    check(i8::MIN, &json!(-128));
    check(i64::MIN, &json!(i64::MIN));
    check(i64::MAX, &json!(i64::MAX));
    check(u64::MAX, &json!(u64::MAX));
    assert!(from_json(&json!(128), &Value::TinyInt(None)).is_err());
    assert!(from_json(&json!(-1), &Value::BigUnsigned(None)).is_err());
    assert!(from_json(&json!(1.0), &Value::Int(None)).is_err());
}

#[test]
fn json_of_any_depth_that_can_be_read() {
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    check(nested(MAX_JSON_DEPTH), &nested(MAX_JSON_DEPTH));
    // The deepest that serde_json reads, and with it SeaORM.
    let deepest = nested(127);
    check(deepest.clone(), &json!({WRAPPED_JSON: deepest.to_string()}));
    check(Json::Null, &json!({WRAPPED_JSON: "null"}));
    let imitation = json!({WRAPPED_JSON: "1"});
    check(
        imitation.clone(),
        &json!({WRAPPED_JSON: imitation.to_string()}),
    );
    assert!(from_json(&json!({WRAPPED_JSON: "{"}), &Value::Json(None)).is_err());
}

#[test]
fn text_of_every_kind() {
    let all: String = (0..=0xffff).filter_map(char::from_u32).collect();
    check(all.as_str(), &json!(all));
    check("\u{202e}\u{2066}\0\"\\", &json!("\u{202e}\u{2066}\0\"\\"));
    check(enumerated("it's \"tea\""), &json!("it's \"tea\""));
    let bytes: Vec<u8> = (0..=255).collect();
    assert!(
        to_json(&bytes.clone().into())
            .unwrap()
            .to_string()
            .contains("feff")
    );
    checked(bytes);
    assert!(from_json(&json!("abc"), &Value::Bytes(None)).is_err());
    assert!(from_json(&json!("é0"), &Value::Bytes(None)).is_err());
}

#[test]
fn chrono_at_its_ends() {
    check(NaiveDate::MIN, &json!("-262143-01-01"));
    check(NaiveDate::MAX, &json!("+262142-12-31"));
    check(NaiveTime::MIN, &json!("00:00:00.000000"));
    check(
        NaiveDateTime::MAX,
        &json!("+262142-12-31T23:59:59.999999999"),
    );
    check(
        DateTime::<Utc>::MIN_UTC,
        &json!("-262143-01-01T00:00:00.000000Z"),
    );
    let end = from_json(&json!("24:00:00.000000"), &NaiveTime::MIN.into());
    assert_eq!(end.unwrap(), NaiveTime::MIN.into());
    let leap = NaiveTime::from_hms_micro_opt(23, 59, 59, 1_500_000).unwrap();
    check(leap, &json!("23:59:60.500000"));
    let summer = FixedOffset::east_opt(7200).unwrap();
    let zoned = summer.with_ymd_and_hms(2026, 1, 1, 0, 30, 0).unwrap();
    check(zoned, &json!("2025-12-31T22:30:00.000000Z"));
    for utc in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
        checked(Local.from_utc_datetime(&utc));
        for minutes in [-1439, 1439] {
            checked(
                FixedOffset::east_opt(minutes * 60)
                    .unwrap()
                    .from_utc_datetime(&utc),
            );
        }
    }
}

#[cfg(feature = "with-time")]
#[test]
fn time_at_its_ends_with_offsets() {
    use time::{Date, PrimitiveDateTime, Time, UtcOffset};

    check(Date::MIN, &json!("-9999-01-01"));
    check(Date::MAX, &json!("9999-12-31"));
    check(
        Time::from_hms_nano(23, 59, 59, 999_999_999).unwrap(),
        &json!("23:59:59.999999999"),
    );
    let behind = UtcOffset::from_hms(-25, -59, -59).unwrap();
    // UTC is in years that `time` has none of.
    check(
        PrimitiveDateTime::MAX.assume_offset(behind),
        &json!("+10000-01-02T01:59:58.999999999Z"),
    );
    check(
        PrimitiveDateTime::MIN.assume_offset(-behind),
        &json!("-10000-12-30T22:00:01.000000Z"),
    );
    check(
        PrimitiveDateTime::MIN.assume_offset(behind),
        &json!("-9999-01-02T01:59:59.000000Z"),
    );
}

#[cfg(feature = "with-rust_decimal")]
#[test]
fn decimals_of_28_digits() {
    use sea_orm::prelude::Decimal;

    check(Decimal::MAX, &json!("79228162514264337593543950335"));
    check(Decimal::MIN, &json!("-79228162514264337593543950335"));
    check(
        Decimal::new(1, 28),
        &json!("0.0000000000000000000000000001"),
    );
    check(Decimal::new(100, 2), &json!("1"));
    // One digit more than fits is refused, not rounded.
    let more = json!("7.92281625142643375935439503351");
    assert!(from_json(&more, &Value::Decimal(None)).is_err());
}

#[cfg(feature = "with-bigdecimal")]
#[test]
fn big_decimals_do_not_fill_the_memory() {
    use sea_orm::prelude::BigDecimal;

    let decimal = |text: &str| text.parse::<BigDecimal>().unwrap();
    check(decimal("100e-4"), &json!("0.01"));
    check(decimal("-1e20"), &json!("-100000000000000000000"));
    for odd in ["1e4000000000000", "-7.5e-4000000000000"] {
        assert!(to_json(&decimal(odd).into()).unwrap().to_string().len() < 40);
        checked(decimal(odd));
    }
    for bad in [
        "1e99999999999999999999",
        "1e-9223372036854775809",
        "",
        "e",
        "-",
    ] {
        assert!(
            from_json(&json!(bad), &Value::BigDecimal(None)).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn errors_quote_no_more_than_the_beginning() {
    let quoted = |json| match from_json(&json, &Value::Int(None)) {
        Err(super::EncodingError::Malformed { expected, json }) => (expected, json),
        other => panic!("{other:?}"),
    };
    assert_eq!(quoted(json!("a")), ("Int".to_owned(), "\"a\"".to_owned()));
    let (_, long) = quoted(json!("é".repeat(1 << 20)));
    assert_eq!(long, format!("\"{}", "é".repeat(99)));
}
