//! Where the subjects of the invented country are: a city of each province, in the order of the provinces.

/// A city.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The short name of the province.
    pub(super) province: &'static str,
    /// How its filing numbers begin.
    pub(super) prefix: char,
    /// Province, city and district, as addresses begin.
    pub(super) address: &'static str,
    /// The city without its tail, as names of organisations begin.
    pub(super) city: &'static str,
    /// The area code.
    pub(super) area: &'static str,
    /// The district's administrative code.
    pub(super) code: &'static str,
}

const fn place(
    (province, prefix): (&'static str, char),
    address: &'static str,
    city: &'static str,
    (area, code): (&'static str, &'static str),
) -> Place {
    Place { province, prefix, address, city, area, code }
}

pub(super) const PLACES: [Place; 31] = [
    place(("北京", '京'), "北京市朝阳区", "北京", ("010", "110105")),
    place(("天津", '津'), "天津市和平区", "天津", ("022", "120101")),
    place(("河北", '冀'), "河北省石家庄市长安区", "石家庄", ("0311", "130102")),
    place(("山西", '晋'), "山西省太原市小店区", "太原", ("0351", "140105")),
    place(("内蒙古", '蒙'), "内蒙古自治区呼和浩特市新城区", "呼和浩特", ("0471", "150102")),
    place(("辽宁", '辽'), "辽宁省沈阳市和平区", "沈阳", ("024", "210102")),
    place(("吉林", '吉'), "吉林省长春市南关区", "长春", ("0431", "220102")),
    place(("黑龙江", '黑'), "黑龙江省哈尔滨市道里区", "哈尔滨", ("0451", "230102")),
    place(("上海", '沪'), "上海市浦东新区", "上海", ("021", "310115")),
    place(("江苏", '苏'), "江苏省苏州市姑苏区", "苏州", ("0512", "320508")),
    place(("浙江", '浙'), "浙江省杭州市西湖区", "杭州", ("0571", "330106")),
    place(("安徽", '皖'), "安徽省合肥市蜀山区", "合肥", ("0551", "340104")),
    place(("福建", '闽'), "福建省厦门市思明区", "厦门", ("0592", "350203")),
    place(("江西", '赣'), "江西省南昌市东湖区", "南昌", ("0791", "360102")),
    place(("山东", '鲁'), "山东省青岛市市南区", "青岛", ("0532", "370202")),
    place(("河南", '豫'), "河南省郑州市金水区", "郑州", ("0371", "410105")),
    place(("湖北", '鄂'), "湖北省武汉市江岸区", "武汉", ("027", "420102")),
    place(("湖南", '湘'), "湖南省长沙市岳麓区", "长沙", ("0731", "430104")),
    place(("广东", '粤'), "广东省深圳市南山区", "深圳", ("0755", "440305")),
    place(("广西", '桂'), "广西壮族自治区南宁市青秀区", "南宁", ("0771", "450103")),
    place(("海南", '琼'), "海南省海口市龙华区", "海口", ("0898", "460106")),
    place(("重庆", '渝'), "重庆市渝中区", "重庆", ("023", "500103")),
    place(("四川", '蜀'), "四川省成都市武侯区", "成都", ("028", "510107")),
    place(("贵州", '黔'), "贵州省贵阳市云岩区", "贵阳", ("0851", "520103")),
    place(("云南", '滇'), "云南省昆明市五华区", "昆明", ("0871", "530102")),
    place(("西藏", '藏'), "西藏自治区拉萨市城关区", "拉萨", ("0891", "540102")),
    place(("陕西", '陕'), "陕西省西安市雁塔区", "西安", ("029", "610113")),
    place(("甘肃", '陇'), "甘肃省兰州市城关区", "兰州", ("0931", "620102")),
    place(("青海", '青'), "青海省西宁市城西区", "西宁", ("0971", "630104")),
    place(("宁夏", '宁'), "宁夏回族自治区银川市兴庆区", "银川", ("0951", "640104")),
    place(("新疆", '新'), "新疆维吾尔自治区乌鲁木齐市天山区", "乌鲁木齐", ("0991", "650102")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::PROVINCES;

    #[test]
    fn there_is_a_city_of_each_province() {
        assert_eq!(PLACES.map(|place| place.province), PROVINCES);
        for place in PLACES {
            assert!(place.address.starts_with(place.province), "{}", place.address);
            assert!(place.address.contains(place.city), "{}", place.address);
        }
    }
}
