"""What columns are called that hold what others may know of a person, in many languages.

Phrases are folded as `words.fold` does. A phrase with a trailing * matches the beginning of a word, with a
leading * its end.
"""

from __future__ import annotations

from twin.columns.pii.detect.vocabulary import several

KNOWN: dict[str, str] = {
    "age": (
        "age|ages|alter|lebensalter|*alter|edad|eta|idade|leeftijd|wiek|alder|ika|vek|kor|eletkor|varsta|"
        "dob_age|yas|"
        "amzius|vecums|vanus|starost|godine|возраст|вік|възраст|ηλικια|גיל|العمر|عمر|उम्र|आयु|年齢|年龄|"
        "나이|연령|"
        "อายุ|"
        "tuoi|umur|usia|age group|age range|age band|agegroup|altersgruppe|tranche age|age years|age at "
        "diagnosis"
    ),
    "birth": (
        "birth date|birthdate|date of birth|dob|birthday|birth year|year of birth|birth month|yob|born|"
        "bdate|birth|"
        "birthyear|geburtsdatum|geburtsjahr|geburtstag|geboren|geb datum|gebdat|geburt*|date de naissance|"
        "naissance|"
        "annee de naissance|annee naissance|date naissance|ne le|fecha de nacimiento|fecha nacimiento|"
        "nacimiento|"
        "ano de nacimiento|data di nascita|data nascita|nascita|anno di nascita|anno nascita|data de "
        "nascimento|"
        "data nascimento|nascimento|ano de nascimento|geboortedatum|geboortejaar|geboorte*|data urodzenia|"
        "rok urodzenia|"
        "urodzenia|fodelsedatum|fodelsear|fodsel*|fodelse*|syntymaaika|syntymavuosi|syntyma*|datum "
        "narozeni|rok narozeni|"
        "narozeni|datum narodenia|narodenia|szuletesi datum|szuletesi ido|szuletesi ev|szuletesi|data "
        "nasterii|"
        "nasterii|datum rodjenja|datum rodenja|rodenja|rojstva|datum rojstva|gimimo data|gimimo|dzimsanas "
        "datums|"
        "dzimsanas|sunniaeg|sunnikuupaev|sunniaasta|dogum tarihi|dogum yili|dogum|дата рождения|год "
        "рождения|рождения|"
        "дата народження|народження|дата на раждане|раждане|ημερομηνια γεννησης|γεννησης|生年月日|生年|"
        "出生日期|出生年份|"
        "出生|"
        "생년월일|출생연도|تاريخ الميلاد|الميلاد|תאריך לידה|לידה|जन्म तिथि|जन्मतिथि|जन्म|วันเกิด|ngay sinh|"
        "nam sinh|"
        "tanggal lahir|tgl lahir|tahun lahir"
    ),
    "sex": (
        "sex|gender|sexe|geschlecht|*geschlecht|sexo|genero|genre|sesso|genere|geslacht|plec|kon|kjonn|"
        "koen|sukupuoli|"
        "pohlavi|pohlavie|nem|gen|spol|lytis|dzimums|sugu|cinsiyet|пол|стать|φυλο|gakusei|性別|性别|성별|"
        "الجنس|"
        "جنس|מין|מגדר|"
        "लिंग|เพศ|gioi tinh|jenis kelamin|kelamin|female|male|is male|is female|anrede|salutation"
    ),
    "postcode": (
        "postcode|post code|postal code|zip|zip code|zipcode|zip5|plz|postleitzahl|code postal|cp|codigo "
        "postal|cap|"
        "codice postale|cep|postnummer|postnr|kod pocztowy|postinumero|psc|iranyitoszam|irsz|cod postal|"
        "postanski broj|"
        "postna stevilka|posta kodu|pasto kodas|pasta indekss|postiindeks|sihtnumber|индекс|почтовый индекс|"
        "поштовий індекс|пощенски код|ταχυδρομικος κωδικας|тк|郵便番号|邮编|邮政编码|우편번호|الرمز البريدي|"
        "מיקוד|पिन "
        "कोड|pincode|"
        "pin code|รหัสไปรษณีย์|ma buu chinh|kode pos|postal|postalcode|indeks"
    ),
    "place of living": (
        "city|town|municipality|village|locality|residence city|home city|ort|wohnort|stadt|gemeinde|ville|"
        "commune|"
        "ciudad|municipio|localidad|poblacion|citta|comune|cidade|concelho|localidade|stad|plaats|"
        "woonplaats|gemeente|"
        "miasto|miejscowosc|gmina|kommun|kommune|poststed|kaupunki|kunta|mesto|obec|varos|telepules|oras|"
        "localitate|"
        "grad|miestas|pilseta|linn|sehir|ilce|город|місто|град|πολη|市区町村|市|都市|城市|도시|시군구|"
        "المدينة|עיר|शहर|"
        "เมือง|"
        "thanh pho|kota|neighborhood|neighbourhood|suburb|district|bezirk|stadtteil|quartier|barrio|"
        "borough|ward of "
        "residence|county|landkreis|birthplace|place of birth|geburtsort|lieu de naissance|lugar de "
        "nacimiento|"
        "luogo di nascita|hometown|city name|msa|metro area|by"
    ),
    "region": (
        "state|region|province|bundesland|kanton|canton|departement|department code of residence|comunidad "
        "autonoma|"
        "provincia|regione|estado|uf|distrito|provincie|wojewodztwo|lan|fylke|maakunta|kraj|megye|judet|"
        "zupanija|regija|"
        "область|регион|регіон|νομος|περιφερεια|il|都道府県|省份|省|시도|المحافظة|מחוז|राज्य|จังหวัด|tinh|"
        "provinsi|"
        "us state|"
        "home state|nuts|nuts2|nuts3|territory"
    ),
    "country": (
        "country|country of birth|country of residence|birth country|home country|land|staat|herkunftsland|"
        "geburtsland|"
        "pays|pays de naissance|pais|paese|native country|maa|zeme|krajina|orszag|tara|drzava|salis|valsts|"
        "riik|ulke|"
        "страна|країна|държава|χωρα|国|国家|국가|البلد|الدولة|מדינה|देश|ประเทศ|quoc gia|negara|country code|"
        "landet"
    ),
    "nationality": (
        "nationality|citizenship|nationalitaet|nationalitat|staatsangehoerigkeit|staatsangehorigkeit|"
        "staatsbuergerschaft|"
        "staatsburgerschaft|nationalite|nacionalidad|ciudadania|nazionalita|cittadinanza|nacionalidade|"
        "cidadania|"
        "nationaliteit|narodowosc|obywatelstwo|nationalitet|medborgarskap|statsborgerskap|statsborger|"
        "kansalaisuus|"
        "narodnost|obcanstvi|statni prislusnost|obcianstvo|allampolgarsag|cetatenie|drzavljanstvo|"
        "pilietybe|pilsoniba|"
        "kodakondsus|uyruk|vatandaslik|гражданство|громадянство|εθνικοτητα|υπηκοοτητα|国籍|국적|الجنسية|"
        "אזרחות|"
        "राष्ट्रीयता|สัญชาติ|quoc tich|kewarganegaraan|immigration status|visa status"
    ),
    "origin": (
        "ethnicity|race|ethnic group|ethnic|tribe|caste|ethnie|etnia|raza|razza|raca|herkunft|ethnie*|"
        "abstammung|"
        "migrationshintergrund|origine ethnique|etniciteit|etnicitet|etnisitet|etnicita|narodowosc etniczna|"
        "национальность|національність|etnik koken|民族|種族|种族|인종|العرق|suku|dan toc|"
        "ancestry|indigenous status|skin color"
    ),
    "religion": (
        "religion|religious|faith|denomination|church|konfession|religionszugehoerigkeit|bekenntnis|"
        "religione|religiao|"
        "godsdienst|wyznanie|religia|uskonto|nabozenstvi|nabozenstvo|vallas|religie|vjera|din|религия|"
        "релігія|"
        "вероисповедание|θρησκεια|宗教|종교|الديانة|דת|धर्म|ศาสนา|ton giao|agama"
    ),
    "marital status": (
        "marital status|marital|civil status|relationship status|married|spouse status|familienstand|"
        "zivilstand|"
        "personenstand|situation familiale|etat civil|situation matrimoniale|estado civil|stato civile|"
        "burgerlijke staat|burgerlijke stand|stan cywilny|civilstand|sivilstand|siviilisaaty|rodinny stav|"
        "csaladi allapot|"
        "stare civila|bracni status|zakonski stan|seimynine padetis|gimenes stavoklis|perekonnaseis|medeni "
        "durum|"
        "medeni hal|семейное положение|сімейний стан|семейно положение|οικογενειακη κατασταση|婚姻状况|"
        "婚姻|結婚|"
        "配偶者|혼인|"
        "결혼|الحالة الاجتماعية|מצב משפחתי|वैवाहिक स्थिति|สถานภาพสมรส|hon nhan|status perkawinan"
    ),
    "education": (
        "education|education level|educational|degree|qualification|schooling|education num|bildung|"
        "schulabschluss|"
        "bildungsabschluss|ausbildung|hoechster abschluss|abschluss|niveau etudes|diplome|niveau d etudes|"
        "formation|"
        "educacion|nivel de estudios|estudios|nivel educativo|istruzione|titolo di studio|livello "
        "istruzione|"
        "escolaridade|educacao|grau de instrucao|habilitacoes|opleiding|opleidingsniveau|wyksztalcenie|"
        "utbildning|"
        "utbildningsniva|utdanning|uddannelse|koulutus|koulutusaste|vzdelani|vzdelanie|vegzettseg|iskolai "
        "vegzettseg|"
        "educatie|studii|obrazovanje|izobrazba|issilavinimas|izglitiba|haridus|egitim|egitim durumu|"
        "ogrenim|образование|"
        "освіта|εκπαιδευση|学歴|学历|教育|학력|교육|التعليم|השכלה|शिक्षा|การศึกษา|hoc van|pendidikan|alma mater"
    ),
    "occupation": (
        "occupation|job|job title|profession|employer|employment|work class|workclass|job role|position "
        "held|industry|"
        "beruf|*beruf|taetigkeit|berufsbezeichnung|arbeitgeber|profession|metier|emploi|csp|employeur|"
        "profesion|"
        "ocupacion|puesto|empleo|empleador|professione|occupazione|mestiere|datore di lavoro|lavoro|"
        "profissao|ocupacao|"
        "cargo|beroep|functie|werkgever|zawod|stanowisko|pracodawca|yrke|arbetsgivare|sysselsattning|"
        "stilling|"
        "arbeidsgiver|erhverv|ammatti|tyonantaja|povolani|zamestnani|zamestnavatel|povolanie|foglalkozas|"
        "munkakor|"
        "ocupatie|profesie|meserie|zanimanje|poklic|profesija|ametialane|amet|meslek|unvan|профессия|"
        "должность|професія|"
        "посада|професия|επαγγελμα|職業|職種|职业|职务|직업|직책|المهنة|الوظيفة|מקצוע|תפקיד|व्यवसाय|पेशा|"
        "อาชีพ|nghe "
        "nghiep|"
        "pekerjaan|profesi|rank|military rank"
    ),
    "language": (
        "language|mother tongue|native language|first language|preferred language|spoken language|"
        "muttersprache|sprache|"
        "langue|langue maternelle|idioma|lengua|lengua materna|lingua|lingua madre|lingua materna|taal|"
        "moedertaal|jezyk|"
        "jezyk ojczysty|sprak|modersmal|morsmal|sprog|kieli|aidinkieli|jazyk|matersky jazyk|anyanyelv|"
        "nyelv|limba|"
        "limba materna|jezik|materinski jezik|kalba|gimtoji kalba|valoda|emakeel|keel|dil|ana dili|язык|"
        "родной язык|мова|"
        "рідна мова|език|γλωσσα|言語|母語|语言|母语|언어|모국어|اللغة|שפה|भाषा|मातृभाषा|ภาษา|ngon ngu|bahasa"
    ),
    "body": (
        "height|body height|height cm|weight|body weight|weight kg|koerpergroesse|groesse|koerpergewicht|"
        "gewicht|taille|"
        "poids|estatura|altura|peso|altezza|lengte|wzrost|waga|langd|vikt|hoyde|vekt|hojde|vaegt|pituus|"
        "paino|vyska|"
        "vaha|magassag|testsuly|suly|inaltime|greutate|visina|tezina|ugis|svoris|augums|svars|pikkus|kaal|"
        "boy|kilo|рост|"
        "вес|зріст|вага|ръст|тегло|υψος|βαρος|身長|体重|身高|신장|체중|키|몸무게|eye color|hair color|shoe "
        "size|blood type|"
        "blood group|blutgruppe|bmi"
    ),
    "dates of events": (
        "admission date|date of admission|admitted|admission|discharge date|discharge|date of death|death "
        "date|dod|"
        "death|deceased date|hire date|hired|date hired|start date|entry date|wedding date|marriage date|"
        "registered|"
        "registration date|aufnahmedatum|aufnahme|entlassungsdatum|entlassung|sterbedatum|todesdatum|"
        "todestag|"
        "eintrittsdatum|hochzeitsdatum|date admission|date d admission|date entree|date sortie|date de "
        "deces|date deces|"
        "fecha de ingreso|fecha ingreso|fecha de alta|fecha alta|fecha de defuncion|fecha defuncion|data "
        "ricovero|"
        "data dimissione|data di morte|data decesso|data de admissao|data de alta|data de obito|opnamedatum|"
        "ontslagdatum|overlijdensdatum|data przyjecia|data wypisu|data zgonu|inskrivningsdatum|"
        "utskrivningsdatum|"
        "dodsdatum|dodsdato|innleggelsesdato|indlaeggelsesdato|kuolinpaiva|datum prijeti|datum umrti|datum "
        "prijatia|"
        "datum umrtia|felvetel datuma|halalozas|data internarii|data decesului|дата поступления|дата "
        "выписки|дата смерти|"
        "дата надходження|入院日|退院日|死亡日|入院日期|出院日期|死亡日期|입원일|퇴원일|사망일|تاريخ الدخول|"
        "تاريخ الوفاة"
    ),
    "family": (
        "children|number of children|num children|n children|kids|dependents|dependants|household size|"
        "family size|"
        "siblings|household members|kinder|kinderzahl|anzahl kinder|haushaltsgroesse|geschwister|enfants|"
        "nombre enfants|"
        "nb enfants|nombre d enfants|taille menage|hijos|numero de hijos|num hijos|figli|numero figli|"
        "numero di figli|"
        "filhos|numero de filhos|kinderen|aantal kinderen|dzieci|liczba dzieci|barn|antal barn|antall barn|"
        "lapset|"
        "lasten lukumaara|deti|pocet deti|gyermekek|gyerekek szama|copii|numar copii|djeca|broj djece|"
        "otroci|vaikai|"
        "berni|lapsed|laste arv|cocuk sayisi|дети|количество детей|діти|кількість дітей|子供の数|子女数|"
        "자녀수|"
        "relationship|"
        "parity|gravida"
    ),
    "position": (
        "latitude|longitude|szer geogr|dl geogr|lat|lon|lng|long|breitengrad|laengengrad|geo lat|geo lon|"
        "breite|laenge|latitud|"
        "longitud|"
        "latitudine|longitudine|breedtegraad|lengtegraad|szerokosc|dlugosc|szerokosc geograficzna|dlugosc "
        "geograficzna|"
        "breddgrad|langdgrad|breddegrad|lengdegrad|laengdegrad|leveysaste|pituusaste|leveyspiiri|zemepisna "
        "sirka|"
        "zemepisna delka|sirka|delka|dlzka|szelesseg|hosszusag|latitudine|enlem|boylam|широта|долгота|"
        "довгота|γεωγραφικο "
        "πλατος|γεωγραφικο μηκος|緯度|経度|纬度|经度|위도|경도|خط العرض|خط الطول|קו רוחב|קו אורך|अक्षांश|"
        "देशांतर|"
        "x coordinate|y coordinate|xcoord|ycoord|ycoordinate|xcoordinate|vi do|kinh do|lintang|bujur"
    ),
    "circumstances": (
        "disability|disabled|veteran|veteran status|military service|sexual orientation|political party|"
        "party affiliation|"
        "union member|behinderung|schwerbehinderung|handicap|discapacidad|disabilita|deficiencia|handicap|"
        "niepelnosprawnosc|funktionsnedsattning|vamma|engelli|инвалидность|інвалідність|vehicle|car model|"
        "licence plate|"
        "license plate|kennzeichen|kfz kennzeichen|plate number|number plate|targa|matricula|immatriculation"
    ),
}
"""What others may know → phrases of all languages."""

REASONS: dict[str, str] = {
    "age": "the age of a person",
    "birth": "when, or where, a person was born",
    "sex": "the sex of a person",
    "postcode": "the postcode of a person",
    "place of living": "the place where a person lives",
    "region": "the region where a person lives",
    "country": "the country that a person is from",
    "nationality": "the nationality of a person",
    "origin": "the ethnic origin of a person",
    "religion": "the religion of a person",
    "marital status": "the marital status of a person",
    "education": "the education of a person",
    "occupation": "the occupation of a person",
    "language": "the language of a person",
    "body": "how a person looks: height, weight, build",
    "dates of events": "the date of an event in a person's life",
    "family": "the family or household of a person",
    "position": "the position of a person on the map",
    "circumstances": "a circumstance of life that others notice",
}
"""What others may know, in words."""

MEN = several(
    """m male man men boy mr mann maennlich mannlich herr junge knabe masculin homme garcon h monsieur
    maschio
    uomo maschile masculino hombre varon macho homem senhor masc mezczyzna meski muz muzsky muzske muski
    musko moski ferfi fiu man mannen mandlig mannlig mand mies barbat erkek bay vyras virietis mees муж
    мужской мужчина м чоловік чоловіча чоловічии мъж αρσενικο ανδρας αρρεν 男 男性 남 남자 남성 ذكر זכר
    पुरुष ชาย
    nam laki-laki pria hann karlkyn"""
)
WOMEN = several(
    """f female woman women girl mrs ms miss w weiblich frau maedchen madchen feminin femme fille mme madame
    femmina donna femminile femenino mujer hembra feminino mulher senhora fem kobieta zenski zena zensky
    zenske zensko k ž z no noi lany nő vrouw vrouwelijk v kvinna kvinnlig kvinde kvindelig kvinne kvinnelig
    nainen n femeie kadin bayan moteris sieviete naine жен женский женщина ж жінка жіноча жіночии жена
    θηλυκο γυναικα θηλυ 女 女性 여 여자 여성 أنثى انثى נקבה महिला स्त्री หญิง nu perempuan wanita kona
    kvenkyn"""
)
NEITHER = several(
    """d x o u divers diverse other nonbinary non-binary nb unknown unbekannt autre inconnu otro altro outro
    anders inny annat muu na n/a both transgender intersex not known 9 0 unspecified undisclosed e
    other/unknown"""
)
"""Words for the sexes, folded."""
