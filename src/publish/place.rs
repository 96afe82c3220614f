//! Where an address lies and who holds it, as printed pages and JSON tell it.

use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::OUT_OF_BOUNDS;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderName;
use crate::publish::text::listed;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;

/// A placement as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PlacementView {
    /// `mainland`, `abroad` or `special_purpose`.
    placement: &'static str,
    /// The direct access provider; `None` when not exactly one is known.
    provider: Option<ProviderView>,
    /// Whether it serves the name as a CDN; `None` without a provider.
    cdn: Option<bool>,
    /// Who claims the address without a link between them; empty where it is not disputed.
    disputed_by: Vec<ProviderView>,
    /// The holder that the register names and the providers register does not know.
    unknown_holder: Option<ProviderName>,
    carrier: Option<ProviderView>,
    province: Option<Bureau>,
    /// Whether it is reported as one that only sends visitors on; `None` off the mainland.
    redirector: Option<bool>,
    /// Whether anybody reported it; `None` off the mainland.
    reported: Option<bool>,
}

impl PlacementView {
    pub(crate) fn of(placement: &Placement, names: &ProviderNames) -> Self {
        let holding = match placement {
            Placement::Mainland(holding) => holding,
            Placement::Abroad => return Self { placement: "abroad", ..Self::default() },
            Placement::SpecialPurpose => {
                return Self { placement: "special_purpose", ..Self::default() };
            }
        };
        let mut view = Self {
            placement: "mainland",
            carrier: holding.carrier.as_ref().map(|id| names.view(id)),
            province: holding.province,
            redirector: Some(holding.is_redirector),
            reported: Some(holding.is_reported),
            ..Self::default()
        };
        match &holding.holder {
            Holder::Provider { id, is_cdn } => {
                view.provider = Some(names.view(id));
                view.cdn = Some(*is_cdn);
            }
            Holder::Disputed(ids) => {
                view.disputed_by = ids.iter().map(|id| names.view(id)).collect();
            }
            Holder::Unknown(name) => view.unknown_holder = Some(name.clone()),
            Holder::OutOfBounds => view.unknown_holder = OUT_OF_BOUNDS.parse().ok(),
            Holder::Nobody => {}
        }
        view
    }
}

/// A placement in one line.
pub(crate) fn told(placement: &Placement, names: &ProviderNames) -> String {
    match placement {
        Placement::Mainland(Holding { holder: Holder::OutOfBounds, .. }) => {
            "报备范围越界，是否在境内、由谁接入都不能确定".to_owned()
        }
        Placement::Mainland(holding) => format!("境内，{}", holding_told(holding, names)),
        Placement::Abroad => "境外 abroad".to_owned(),
        Placement::SpecialPurpose => "特殊用途地址，不是任何人的网站".to_owned(),
    }
}

fn holding_told(holding: &Holding, names: &ProviderNames) -> String {
    let holder = match &holding.holder {
        Holder::Provider { id, is_cdn: false } => names.told(id),
        Holder::Provider { id, is_cdn: true } => format!("{}，为 CDN", names.told(id)),
        Holder::Disputed(ids) => {
            format!("有争议，{} 都报备了该地址", listed(ids.iter().map(|id| names.told(id))))
        }
        Holder::Unknown(name) => format!("登记为“{name}”，接入服务商名录中没有"),
        Holder::OutOfBounds => format!("未知，只有{OUT_OF_BOUNDS}"),
        Holder::Nobody => "未知，无人报备".to_owned(),
    };
    let carrier = holding.carrier.as_ref().map_or("未知".to_owned(), |id| names.told(id));
    let province = holding.province.map_or("未知", Bureau::name);
    let redirector = if holding.is_redirector { "，域名跳转服务器" } else { "" };
    let reported = if holding.is_reported { "" } else { "，IP 未报备" };
    format!("接入服务商 {holder}；运营商 {carrier}；省份 {province}{redirector}{reported}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::view::tests::names;

    fn holding(holder: Holder) -> Placement {
        Placement::Mainland(Holding {
            holder,
            carrier: Some("P001".parse().unwrap()),
            province: None,
            is_redirector: false,
            is_reported: true,
        })
    }

    #[test]
    fn every_holder_is_told_in_words_and_in_json() {
        let id = |text: &str| text.parse().unwrap();
        let carrier = "运营商 示例电信 (P001)；省份 未知";
        let cases = [
            (
                Holder::Provider { id: id("P004"), is_cdn: true },
                "示例接入商 (P004)，为 CDN",
                ("provider", serde_json::json!({"id": "P004", "name": "示例接入商"})),
            ),
            (
                Holder::Disputed(vec![id("P004"), id("P777")]),
                "有争议，示例接入商 (P004)、P777 都报备了该地址",
                (
                    "disputed_by",
                    serde_json::json!([{"id": "P004", "name": "示例接入商"}, {"id": "P777", "name": null}]),
                ),
            ),
            (
                Holder::Unknown("某公司".parse().unwrap()),
                "登记为“某公司”，接入服务商名录中没有",
                ("unknown_holder", serde_json::json!("某公司")),
            ),
            (Holder::Nobody, "未知，无人报备", ("provider", serde_json::Value::Null)),
        ];
        for (holder, text, (field, value)) in cases {
            let placement = holding(holder);
            assert_eq!(told(&placement, &names()), format!("境内，接入服务商 {text}；{carrier}"));
            let json = serde_json::to_value(PlacementView::of(&placement, &names())).unwrap();
            assert_eq!(json[field], value);
            assert_eq!(json["placement"], "mainland");
        }
    }

    #[test]
    fn of_an_address_out_of_bounds_nothing_is_said() {
        let placement = holding(Holder::OutOfBounds);
        assert!(told(&placement, &names()).starts_with("报备范围越界"));
        let json = serde_json::to_value(PlacementView::of(&placement, &names())).unwrap();
        assert_eq!(
            (&json["provider"], &json["unknown_holder"]),
            (&serde_json::Value::Null, &OUT_OF_BOUNDS.into())
        );
    }

    #[test]
    fn abroad_is_neither_reported_nor_unreported() {
        let json = serde_json::to_value(PlacementView::of(&Placement::Abroad, &names())).unwrap();
        assert_eq!(json["placement"], "abroad");
        assert_eq!(json["reported"], serde_json::Value::Null);
        assert_eq!(told(&Placement::Abroad, &names()), "境外 abroad");
    }
}
