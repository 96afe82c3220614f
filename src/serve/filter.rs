//! Which findings are meant, as lists and exports are asked.

use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderName;
use crate::serve::desk::Desk;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::store::catalogue::Wanted;
use crate::store::catalogue::WantedState;

/// The characters of a provider's id or name, at the most.
const LONGEST_NAME: usize = 255;

/// What findings are filtered by; a filter that is not there lets all through.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only of this kind
    kind: Option<Kind>,
    /// Only in this state; open and answered ones where nothing is said
    state: Option<StateWord>,
    /// Only at this provider: id, name or alias
    #[param(min_length = 1, max_length = 255, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    provider: Option<String>,
    /// Only of this bureau
    #[param(value_type = Option<String>, pattern = "^((北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆)(通信管理局)?|部)$")]
    bureau: Option<Bureau>,
    /// Only due before this day
    #[param(value_type = Option<String>, format = Date)]
    due_before: Option<Date>,
    /// Only those that the provider objects to, which wait for the bureau
    referred: Option<bool>,
}

/// A state, as calls name it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateWord {
    /// 待处理
    Open,
    /// 已答复
    Answered,
    /// 已关闭
    Closed,
    /// All of them
    All,
}

impl Filter {
    /// What is asked for within the caller's scope; `None` where nothing can be: nobody is called so.
    pub(super) fn wanted(&self, desk: &Desk, caller: &Caller) -> Result<Option<Wanted>, Problem> {
        let provider = match &self.provider {
            None => None,
            Some(name) => {
                let length = name.chars().count();
                if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
                    return Err(Problem::bad_request(format!(
                        "provider is 1 to {LONGEST_NAME} characters, none of them a control character"
                    )));
                }
                let name: Option<ProviderName> = name.parse().ok();
                let directory = desk.directory()?;
                match name.and_then(|name| Some(directory.find(&name)?.id.clone())) {
                    Some(id) => Some(id),
                    None => return Ok(None),
                }
            }
        };
        let state = match self.state {
            None => WantedState::Standing,
            Some(StateWord::Open) => WantedState::Open,
            Some(StateWord::Answered) => WantedState::Answered,
            Some(StateWord::Closed) => WantedState::Closed,
            Some(StateWord::All) => WantedState::All,
        };
        Ok(Some(Wanted {
            scope: caller.scope.clone(),
            kinds: self.kind.into_iter().collect(),
            state,
            provider,
            bureau: self.bureau,
            due_before: self.due_before,
            is_referred: self.referred.unwrap_or(false),
        }))
    }
}
