//! Pages that are hard to read: numbers where pages hide them, encodings without labels, markup that no
//! browser minds. A filed site that shows nobody's number must be found by it; an unfiled one for being
//! served.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::paper::Charset;
use crate::lab::paper::Hiding;
use crate::lab::paper::Oddity;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;

/// Filed and connected, with a page that shows nobody's number.
fn wrong_on(cast: Cast<'_>, paper: Paper) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]).filed_with(&[home]).showing(Web::Document(paper, Claim::Nobody)))
        .finds(Kind::WrongNumber, home)
}

/// Filed and connected, with a page that shows its own number: nothing is the matter.
fn right_on(cast: Cast<'_>, paper: Paper) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]).filed_with(&[home]).showing(Web::Document(paper, Claim::Own)))
}

/// Unfiled, with a page that shows no number.
fn unfiled_on(cast: Cast<'_>, paper: Paper) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]).showing(Web::Document(paper, Claim::Nothing)))
        .finds(Kind::Unfiled, home)
}

/// Unfiled, with a page that tells nothing of the site.
fn nothing_on(cast: Cast<'_>, paper: Paper) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(Web::Document(paper, Claim::Nothing)))
}

macro_rules! readable {
    ($($(#[$about:meta])* $name:ident $tell:ident $paper:expr;)+) => {
        $($(#[$about])*
        pub(crate) fn $name(cast: Cast<'_>) -> Story<'_> {
            $tell(cast, $paper)
        })+
    };
}

readable! {
    /// In the text of a picture.
    number_in_image_text wrong_on Paper::Hidden(Hiding::ImageText);
    /// In a meta element.
    number_in_meta wrong_on Paper::Hidden(Hiding::Meta);
    /// Written by a script.
    number_written_by_script wrong_on Paper::Hidden(Hiding::WrittenByScript);
    /// Spelled in a script's escapes.
    number_in_script_escapes wrong_on Paper::Hidden(Hiding::ScriptEscapes);
    /// Spelled in character references.
    number_in_references wrong_on Paper::Hidden(Hiding::References);
    /// In full-width characters.
    number_in_full_width wrong_on Paper::Hidden(Hiding::FullWidth);
    /// Each character in an element of its own, with unseen ones between.
    number_in_parts wrong_on Paper::Hidden(Hiding::InParts);
    /// In a link that is never closed.
    number_in_unclosed_link wrong_on Paper::Hidden(Hiding::UnclosedLink);
    /// GBK that nobody tells of.
    charset_unlabelled wrong_on Paper::In(Charset::Unlabelled);
    /// GBK, and the header says UTF-8.
    charset_of_header_wrong wrong_on Paper::In(Charset::WrongHeader);
    /// GBK, and the page says UTF-8.
    charset_of_page_wrong wrong_on Paper::In(Charset::WrongMeta);
    /// The page says it late.
    charset_told_late wrong_on Paper::In(Charset::LateMeta);
    /// Characters of GB18030 under the label gb2312.
    charset_gb18030 wrong_on Paper::In(Charset::RareCharacters);
    /// A byte order mark against every label.
    charset_marked_utf_8 wrong_on Paper::In(Charset::MarkedUtf8);
    /// UTF-16 with its mark.
    charset_utf_16 wrong_on Paper::In(Charset::Utf16);
    /// UTF-16 without it.
    charset_utf_16_unmarked wrong_on Paper::In(Charset::Utf16WithoutMark);
    /// Big5, in traditional characters.
    charset_big5 wrong_on Paper::In(Charset::Big5);
    /// A friend's number in a link of the footer, beside its own.
    number_of_friend right_on Paper::Odd(Oddity::FriendsNumber);
    /// Dozens of other sites' numbers.
    numbers_in_directory right_on Paper::Odd(Oddity::Directory);
    /// No title.
    page_without_title unfiled_on Paper::Odd(Oddity::NoTitle);
    /// Frames and nothing else.
    page_of_frames unfiled_on Paper::Odd(Oddity::Frames);
    /// Elements that are never closed, and end tags of none.
    page_unclosed unfiled_on Paper::Odd(Oddity::Unclosed);
    /// One attribute of most of the page.
    page_with_huge_attribute unfiled_on Paper::Odd(Oddity::HugeAttribute);
    /// Attributes by the thousand.
    page_with_many_attributes unfiled_on Paper::Odd(Oddity::ManyAttributes);
    /// Character references by the thousand.
    page_with_many_references unfiled_on Paper::Odd(Oddity::ManyReferences);
    /// A thousand formats, which a tree would repeat in each paragraph.
    page_with_repeated_formats unfiled_on Paper::Odd(Oddity::FormattingRepeated);
    /// It has more tags in each other than anybody reads.
    page_of_nested_tags unfiled_on Paper::Odd(Oddity::NestedLists);
    /// It tells of names without a filing, in the words of a block page.
    page_about_filing unfiled_on Paper::Odd(Oddity::HelpAboutFiling);
    /// It has a button for logging in.
    page_with_login_button unfiled_on Paper::Odd(Oddity::ForumWithLogin);
    /// It loads itself again every ten minutes.
    page_with_slow_refresh unfiled_on Paper::Odd(Oddity::SlowRefresh);
    /// A refresh leads to the home page.
    refresh_within_domain unfiled_on Paper::Odd(Oddity::RefreshWithin);
    /// A script leads to the home page.
    script_within_domain unfiled_on Paper::Odd(Oddity::ScriptWithin);
    /// The panel's page of a host without a site.
    parked_by_panel nothing_on Paper::Notice("没有找到站点", "您的请求在Web服务器中没有找到对应的站点！可能原因：您没有将此域名或IP绑定到对应站点!");
    /// The name was not renewed.
    parked_expired nothing_on Paper::Notice("域名已过期", "您访问的域名已过期，请联系注册商续费。");
    /// Microsoft's page, as it comes.
    default_page_of_iis nothing_on Paper::Notice("IIS Windows Server", "");
    /// Not for visitors from here.
    region_wall nothing_on Paper::Notice("提示", "抱歉，您所在的地区暂不支持访问本网站。");
    /// A firewall wants a browser.
    browser_challenge nothing_on Paper::Notice("Just a moment...", "Checking your browser before accessing the site.");
    /// One comes too often.
    too_often_wall nothing_on Paper::Notice("访问频率过高", "您的访问过于频繁，请稍后再试。");
}
