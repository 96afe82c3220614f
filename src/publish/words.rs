//! The words for facts: the English ones of files and JSON, and the Chinese ones of printed pages.

use crate::clock;
use crate::facts::allocation::AllocationKind;
use crate::facts::certificate::CertificateFault;
use crate::facts::change::ChangeKind;
use crate::facts::change::Doubt;
use crate::facts::change::EndedBy;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::filing::UpstreamFailure;
use crate::facts::filing::UpstreamNote;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::language::Language;
use crate::facts::reason::Reason;
use crate::facts::resolution::DnsAnswer;
use crate::facts::visit::Control;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::publish::text::listed;
use crate::publish::text::printable;

/// A fact's word in files, and the one that people read.
pub(crate) type Words = (&'static str, &'static str);

/// The title of a reason's page without its code: `未备案 · not filed`.
pub(crate) fn reason_title(reason: Reason) -> &'static str {
    let line = reason.page().lines().next().unwrap_or_default();
    line.trim_start_matches('#').trim().trim_start_matches(reason.code()).trim()
}

pub(crate) fn site_state(state: SiteState) -> Words {
    let chinese = match state {
        SiteState::Silent => "无响应",
        SiteState::Stopped => "已停止接入",
        SiteState::Parked => "停放或默认页",
        SiteState::Unknown => "无法判断",
        SiteState::Redirected => "跳转到别的域名",
        SiteState::Live => "可访问",
    };
    (state.word(), chinese)
}

pub(crate) fn sign(sign: &Sign) -> Words {
    match sign {
        Sign::Document => ("document", "网页文档"),
        Sign::DocumentAt(_) => ("document_at", "跳转后由另一地址提供的网页文档"),
        Sign::DocumentInPart(_) => ("document_in_part", "网页内容过多，只读了一部分"),
        Sign::AnothersCertificate { .. } => {
            ("anothers_certificate", "证书是别的域名的，内容可能是同一服务器上别的网站的")
        }
        Sign::RobotsForbid => ("robots_forbid", "robots.txt 可访问，但禁止抓取该页"),
        Sign::RobotsUnavailable(_) => ("robots_unavailable", "robots.txt 取不到，未再请求"),
        Sign::LeadsTo(_) => ("leads_to", "转向"),
        Sign::LeadsNowhere(_) => ("leads_nowhere", "转向的不是网站域名"),
        Sign::BlockPage(_) => ("block_page", "停止接入提示页"),
        Sign::BlockPageFlaps => ("block_page_flaps", "出现过停止接入提示页，但各次探测不一致"),
        Sign::ParkingPage(_) => ("parking_page", "停放页或服务器默认页"),
        Sign::Wall(_) => ("wall", "需要登录或验证码"),
        Sign::ScriptOnly => ("script_only", "只有脚本，没有文字"),
        Sign::Status(_) => ("status", "状态码不能说明网站情况"),
        Sign::RedirectLoop => ("redirect_loop", "跳转过多或循环"),
        Sign::TooLarge => ("too_large", "正文过大"),
        Sign::Malformed => ("malformed", "应答不是 HTTP"),
        Sign::HopUnreachable(_) => ("hop_unreachable", "跳转途中的主机无法到达"),
        Sign::NoConnection => ("no_connection", "无法连接"),
        Sign::Reset => ("reset", "连接被重置"),
        Sign::TimedOut => ("timed_out", "限时内无应答"),
        Sign::TlsFailure => ("tls_failure", "TLS 协商失败"),
        Sign::NotAllowed => ("not_allowed", "该地址不得探测"),
        Sign::NotAsked => ("not_asked", "本机未能发出请求"),
        Sign::TlsTooOld => ("tls_too_old", "只支持过时的 TLS 版本"),
        Sign::TlsNameUnknown => ("tls_name_unknown", "服务器在 TLS 握手中称没有这个名字"),
        Sign::PutOff => ("put_off", "该地址今夜暂停访问，留待下次"),
        Sign::Deserted => ("deserted", "该地址今夜接连多个域名都连不上，没有一个连上过"),
    }
}

/// What a sign says besides its word: a pattern, a status, where it led.
pub(crate) fn sign_detail(sign: &Sign) -> Option<String> {
    match sign {
        Sign::RobotsUnavailable(status) | Sign::Status(status) => Some(status.to_string()),
        Sign::LeadsTo(domain) | Sign::AnothersCertificate { domain, .. } => {
            Some(domain.to_string())
        }
        Sign::DocumentAt(address) => Some(address.to_string()),
        Sign::DocumentInPart(address) => address.map(|address| address.to_string()),
        Sign::LeadsNowhere(text)
        | Sign::BlockPage(text)
        | Sign::ParkingPage(text)
        | Sign::Wall(text)
        | Sign::HopUnreachable(text) => Some(text.clone()),
        Sign::Document
        | Sign::RobotsForbid
        | Sign::BlockPageFlaps
        | Sign::ScriptOnly
        | Sign::RedirectLoop
        | Sign::TooLarge
        | Sign::Malformed
        | Sign::NoConnection
        | Sign::Reset
        | Sign::TimedOut
        | Sign::TlsFailure
        | Sign::NotAllowed
        | Sign::NotAsked
        | Sign::TlsTooOld
        | Sign::TlsNameUnknown
        | Sign::PutOff
        | Sign::Deserted => None,
    }
}

/// A sign in one phrase: `停止接入提示页 block_page（aliyun）`.
pub(crate) fn sign_told(of: &Sign) -> String {
    let (word, chinese) = sign(of);
    let detail = sign_detail(of).map(|text| format!("（{}）", printable(&text)));
    format!("{chinese} {word}{}", detail.unwrap_or_default())
}

/// What is wrong with a certificate.
pub(crate) fn certificate_fault(fault: CertificateFault) -> Words {
    match fault {
        CertificateFault::Unreadable => ("unreadable", "不是有效的证书"),
        CertificateFault::Expired => ("expired", "已过期"),
        CertificateFault::NotYetValid => ("not_yet_valid", "尚未生效"),
        CertificateFault::WrongName => ("wrong_name", "不是发给这个名字的"),
        CertificateFault::SelfSigned => ("self_signed", "自签名"),
        CertificateFault::UnknownIssuer => ("unknown_issuer", "签发者不受信任"),
    }
}

pub(crate) fn dns_answer(answer: &DnsAnswer) -> Words {
    match answer {
        DnsAnswer::Addresses(_) => ("addresses", "有地址"),
        DnsAnswer::Empty => ("empty", "无此类地址"),
        DnsAnswer::NoSuchName => ("nxdomain", "域名不存在"),
        DnsAnswer::ServerFailure => ("servfail", "服务器故障"),
        DnsAnswer::Refused => ("refused", "拒绝应答"),
        DnsAnswer::Timeout => ("timeout", "无应答"),
    }
}

/// One family's answer in one phrase.
pub(crate) fn dns_told(answer: &DnsAnswer) -> String {
    match answer {
        DnsAnswer::Addresses(addresses) => listed(addresses),
        failure => {
            let (word, chinese) = dns_answer(failure);
            format!("{chinese} {word}")
        }
    }
}

pub(crate) fn filing_status(status: &FilingStatus) -> Words {
    match status {
        FilingStatus::Active(_) => ("active", "已备案"),
        FilingStatus::Cancelled(_) => ("cancelled", "备案已注销"),
        FilingStatus::None => ("none", "未备案"),
        FilingStatus::Unknown(_) => ("unknown", "无法判断"),
    }
}

pub(crate) fn filing_state(state: FilingState) -> Words {
    match state {
        FilingState::Active => ("active", "有效"),
        FilingState::Cancelled => ("cancelled", "已注销"),
    }
}

/// What became of the question to another register.
pub(crate) fn upstream_outcome(outcome: UpstreamOutcome) -> Words {
    match outcome {
        UpstreamOutcome::Answered => ("answered", "已答复"),
        UpstreamOutcome::Undecided => ("undecided", "上级备案库也无法判断"),
        UpstreamOutcome::Failed(failure) => match failure {
            UpstreamFailure::Silent => ("silent", "未应答"),
            UpstreamFailure::KeyRefused => ("key_refused", "密钥未被接受"),
            UpstreamFailure::Busy => ("busy", "要求稍后再问"),
            UpstreamFailure::Status(_) => ("status", "应答状态异常"),
            UpstreamFailure::Nonsense => ("nonsense", "答复不可用"),
            UpstreamFailure::Stale => ("stale", "所据备案库已过期"),
            UpstreamFailure::Resting => ("resting", "刚刚失败，暂不再问"),
        },
    }
}

/// What became of the question to another register, in one sentence.
pub(crate) fn upstream_told(note: &UpstreamNote) -> String {
    let (word, chinese) = upstream_outcome(note.outcome);
    let status = match note.outcome {
        UpstreamOutcome::Failed(UpstreamFailure::Status(status)) => format!(" {status}"),
        _ => String::new(),
    };
    let register = printable(&note.register);
    format!("上级备案库 {register} {}：{chinese} {word}{status}", clock::written(note.at))
}

pub(crate) fn register_gap(gap: RegisterGap) -> Words {
    match gap {
        RegisterGap::NotImported => ("not_imported", "尚未导入备案库"),
        RegisterGap::Incomplete => ("incomplete", "备案库不完整，查无记录不能说明未备案"),
        RegisterGap::Stale => ("stale", "备案库已过期，请重新导入"),
        RegisterGap::Unreadable => ("unreadable", "备案库中有该域名的记录，但导入时因有错误被拒绝"),
    }
}

pub(crate) fn number_owner(owner: NumberOwner) -> Words {
    match owner {
        NumberOwner::Own => ("own", "属于本域名的主体"),
        NumberOwner::Another => ("another", "属于其他主体"),
        NumberOwner::Nobody => ("nobody", "查无此主体"),
        NumberOwner::Unknown => ("unknown", "归属无法判断"),
    }
}

pub(crate) fn number_place(place: NumberPlace) -> Words {
    match place {
        NumberPlace::Own => ("own", "标为本站"),
        NumberPlace::Quoted => ("quoted", "仅为引用"),
        NumberPlace::Unsure => ("unsure", "是否标为本站不能确定"),
    }
}

pub(crate) fn control(control: Control) -> Words {
    match control {
        Control::Filter => {
            ("filter", "同一地址上不存在的域名同样被拦，裸地址不被拦：是接入商在拦截")
        }
        Control::ThisName => ("this_name", "同一地址上只拦这个域名"),
        Control::Everybody => ("everybody", "同一地址对任何请求都这样应答"),
        Control::BareAddress => ("bare_address", "裸地址同样被拦，不存在的域名不被拦"),
        Control::NoAnswer => ("no_answer", "对照请求没有结果"),
    }
}

pub(crate) fn language(language: Language) -> Words {
    let chinese = match language {
        Language::SimplifiedChinese => "简体中文",
        Language::TraditionalChinese => "繁体中文",
        Language::English => "英文",
        Language::Japanese => "日文",
        Language::French => "法文",
        Language::Spanish => "西班牙文",
        Language::Arabic => "阿拉伯文",
        Language::Russian => "俄文",
        Language::Other => "其他或无法判断",
    };
    (language.tag(), chinese)
}

pub(crate) fn allocation_kind(kind: AllocationKind) -> Words {
    let chinese = match kind {
        AllocationKind::Source => "来源",
        AllocationKind::Assigned => "分配且使用",
        AllocationKind::Reassigned => "再次分配",
        AllocationKind::OwnUse => "自用",
        AllocationKind::Reserved => "预留",
        AllocationKind::Brought => "自带",
        AllocationKind::Registry => "境内地址空间",
    };
    (kind.word(), chinese)
}

pub(crate) fn change_kind(kind: ChangeKind) -> Words {
    match kind {
        ChangeKind::Opened => ("opened", "立为发现结果"),
        ChangeKind::Reopened => ("reopened", "死灰复燃"),
        ChangeKind::Closed => ("closed", "关闭"),
        ChangeKind::Answered => ("answered", "答复"),
        ChangeKind::Upheld => ("upheld", "异议未获采纳"),
        ChangeKind::Transferred => ("transferred", "移交"),
    }
}

/// Why a night is not to be believed, in short and at length.
pub(crate) fn doubt(doubt: Doubt) -> (&'static str, &'static str) {
    match doubt {
        Doubt::Names => (
            "大量域名突然没有地址",
            "原来有地址的域名大量没有了地址，多半是域名服务器的故障：本夜不计缺席、多报和迁出；请检查 [resolve] servers",
        ),
        Doubt::Sites => (
            "大量网站突然连不上",
            "原来有应答的网站大量连不上，多半是本机网络的故障：本夜不计缺席、多报和迁出；请检查出口网络",
        ),
    }
}

pub(crate) fn ended_by(ended: EndedBy) -> Words {
    match ended {
        EndedBy::Done => ("done", "全部完成"),
        EndedBy::Window => ("window", "到点收工，余下的留到下次"),
        EndedBy::Limit => ("limit", "按要求只做了一部分，余下的留到下次"),
        EndedBy::Signal => ("signal", "收到停止信号，余下的留到下次"),
    }
}
