"""What columns of accounts, numbers, addresses of machines and positions are called in many languages.

Phrases are folded as `words.fold` does: lower case, no diacritics, words parted by a blank. A phrase with a
trailing * matches the beginning of a word, with a leading * its end.
"""

from __future__ import annotations

THINGS: dict[str, dict[str, str]] = {
    "iban": {
        "en": "iban|bank account|bank account number|iban number|account iban|iban no|*iban",
        "de": "bankverbindung|kontonummer iban|ibannummer|bankkonto|iban nr",
        "fr": "compte bancaire|numero iban|rib",
        "es": "cuenta bancaria|numero de cuenta|cuenta corriente",
        "it": "conto corrente|conto bancario|codice iban|coordinate bancarie",
        "pt": "conta bancaria|numero da conta",
        "nl": "bankrekening|rekeningnummer|bankrekeningnummer|iban nummer",
        "pl": "rachunek bankowy|numer konta|konto bankowe|nr konta|numer rachunku",
        "sv": "bankkonto|kontonummer",
        "no": "bankkonto|kontonummer",
        "da": "bankkonto|kontonummer",
        "fi": "tilinumero|pankkitili",
        "cs": "cislo uctu|bankovni ucet",
        "sk": "cislo uctu|bankovy ucet",
        "hu": "bankszamla|bankszamlaszam|szamlaszam",
        "ro": "cont bancar|cont iban",
        "hr": "bankovni racun|broj racuna|ziro racun",
        "sl": "bancni racun|stevilka racuna|trr",
        "lt": "banko saskaita|saskaitos numeris",
        "lv": "bankas konts|konta numurs",
        "et": "pangakonto|kontonumber|arveldusarve",
        "bg": "банкова сметка|ибан",
        "el": "τραπεζικος λογαριασμος|λογαριασμος|ιβαν",
        "tr": "iban no|banka hesabi|hesap no",
        "ru": "банковскии счет|номер счета|банковский счет|счет",
        "uk": "банківський рахунок|номер рахунку",
    },
    "card": {
        "en": "credit card|card number|creditcard|credit card number|debit card|payment card|card no|cc "
        "number|"
        "ccnum|cc num|cardnumber|card num|pan number|creditcardnumber|bank card|cc no|card pan",
        "de": "kreditkarte|kartennummer|kreditkartennummer|kreditkartennr|kartennr|zahlungskarte|bankkarte",
        "fr": "carte bancaire|carte de credit|numero de carte|carte bleue|numero carte|no carte",
        "es": "tarjeta|tarjeta de credito|numero de tarjeta|tarjeta credito|tarjeta bancaria",
        "it": "carta di credito|numero carta|numero di carta|carta credito|carta di pagamento",
        "pt": "cartao|cartao de credito|numero do cartao|numero cartao|cartao credito",
        "nl": "creditcardnummer|kaartnummer|kredietkaart|betaalkaart",
        "pl": "karta kredytowa|numer karty|nr karty|karta platnicza",
        "sv": "kreditkort|kortnummer|betalkort|bankkort",
        "no": "kredittkort|kortnummer|bankkort|betalingskort",
        "da": "kreditkort|kortnummer|betalingskort",
        "fi": "luottokortti|korttinumero|kortin numero|luottokortin numero|maksukortti",
        "cs": "kreditni karta|cislo karty|platebni karta",
        "sk": "kreditna karta|cislo karty|platobna karta",
        "hu": "bankkartya|kartyaszam|hitelkartya|bankkartyaszam|hitelkartyaszam",
        "ro": "card de credit|numar card|numarul cardului|card bancar|nr card",
        "hr": "kreditna kartica|broj kartice",
        "sl": "kreditna kartica|stevilka kartice",
        "lt": "kredito kortele|korteles numeris",
        "lv": "kreditkarte|kartes numurs",
        "et": "krediitkaart|kaardi number|kaardinumber|pangakaart",
        "bg": "кредитна карта|номер на карта|банкова карта",
        "el": "πιστωτικη καρτα|αριθμος καρτας",
        "tr": "kredi karti|kart numarasi|kredi karti no|kart no",
        "ru": "номер карты|кредитная карта|банковская карта|карта",
        "uk": "номер картки|кредитна картка|банківська картка",
        "ja": "カード番号|クレジットカード|クレジットカード番号",
        "zh": "信用卡|信用卡号|卡号|银行卡号|银行卡|信用卡號",
        "ko": "카드번호|신용카드|신용카드번호",
        "ar": "رقم البطاقة|بطاقة الائتمان",
        "he": "כרטיס אשראי|מספר כרטיס",
        "hi": "क्रेडिट कार्ड|कार्ड नंबर",
        "vi": "so the|the tin dung",
        "id": "kartu kredit|nomor kartu",
        "th": "บัตรเครดิต|หมายเลขบัตร",
    },
    "national_id": {
        "en": "ssn|social security|social security number|social security no|national id|national insurance|"
        "national insurance number|nino|nhs number|nhs no|nhs|passport|passport number|passport no|"
        "tax id|taxpayer id|tin|national identification number|identity number|identity card|id number|id "
        "card|"
        "driving licence|driver license|drivers license|driver licence|driving license|licence number|"
        "aadhaar|"
        "aadhar|pan card|sin number|social insurance number|medicare number|tfn|pps number|ppsn|"
        "national identity number|personal id|personal identification number|ni number|citizen id|health "
        "card|"
        "insurance number|social insurance|nat id|drivers licence|government id|sin|"
        "id card number|tax file number",
        "de": "sozialversicherungsnummer|svnr|sv nummer|versicherungsnummer|steuer id|"
        "steueridentifikationsnummer|"
        "steuer identifikationsnummer|idnr|ausweisnummer|personalausweis|personalausweisnummer|reisepass|"
        "reisepassnummer|passnummer|ahv|ahv nummer|ahvnummer|ahv nr|sv nr|vsnr|steuernummer|"
        "rentenversicherungsnummer|"
        "krankenversichertennummer|versichertennummer|fuehrerscheinnummer|kvnr|sozialversicherung|steuerid",
        "fr": "nir|numero de securite sociale|securite sociale|numero securite sociale|insee|no avs|avs|"
        "numero avs|"
        "passeport|numero passeport|carte d identite|numero national|registre national|niss|carte identite|"
        "numero de passeport|no secu|numero secu|numero fiscal|carte vitale",
        "es": "dni|nif|nie|documento identidad|documento de identidad|pasaporte|cedula|curp|rfc|cuil|rut|"
        "numero de identificacion|seguridad social|numero seguridad social|nss|cedula de identidad|dni nie|"
        "run",
        "it": "codice fiscale|codicefiscale|cod fiscale|cf|carta d identita|passaporto|tessera sanitaria|"
        "carta identita|numero documento",
        "pt": "cpf|nif|numero de contribuinte|cartao de cidadao|bilhete de identidade|contribuinte|rg|"
        "passaporte|"
        "niss|cartao cidadao|nis|numero fiscal",
        "nl": "bsn|burgerservicenummer|sofinummer|rijksregisternummer|paspoort|paspoortnummer|insz|rrn|"
        "identiteitskaart|rijksregister|sofi",
        "pl": "pesel|nip|numer dowodu|dowod osobisty|nr dowodu|paszport|numer paszportu",
        "sv": "personnummer|samordningsnummer|passnummer|personnr",
        "no": "fodselsnummer|personnummer|fnr|fodselsnr|passnummer",
        "da": "cpr|cpr nummer|cpr nr|personnummer|cprnr|cprnummer|pasnummer",
        "fi": "hetu|henkilotunnus|sosiaaliturvatunnus|henkilo tunnus|passinumero",
        "cs": "rodne cislo|rc|cislo op|cislo pasu|rodnecislo|obcansky prukaz",
        "sk": "rodne cislo|cislo op|rodnecislo|obciansky preukaz",
        "hu": "taj|taj szam|tajszam|adoazonosito|szemelyi szam|adoazonosito jel|szemelyi igazolvany|adoszam",
        "ro": "cnp|cod numeric personal|serie buletin|carte de identitate",
        "hr": "oib|jmbg|osobna iskaznica|broj osobne",
        "sl": "emso|davcna stevilka|maticna stevilka",
        "lt": "asmens kodas|paso numeris|asmenskodas",
        "lv": "personas kods|pases numurs|personaskods",
        "et": "isikukood|passi number|ik|isiku kood",
        "bg": "егн|лнч|лична карта|egn|номер на лична карта",
        "el": "αφμ|αμκα|αριθμος ταυτοτητας|διαβατηριο|afm|amka|ταυτοτητα",
        "tr": "tc kimlik|tckn|kimlik no|tc kimlik no|kimlik numarasi|pasaport|tc no|tc",
        "ru": "инн|снилс|паспорт|номер паспорта|inn|snils|серия паспорта",
        "uk": "інн|рнокпп|паспорт|ідентифікаційний код|инн|іпн|ипн",
        "is": "kennitala",
        "hi": "आधार|आधार संख्या|पैन|आधार नंबर",
        "ja": "マイナンバー|個人番号|パスポート番号|旅券番号|保険証番号",
        "zh": "身份证|身份证号|身份证号码|护照|身份證字號|护照号|身份證|公民身份号码",
        "ko": "주민등록번호|주민번호|여권번호|주민등록",
        "ar": "رقم الهوية|الرقم القومي|رقم الهوية الوطنية|جواز السفر|الهوية",
        "he": "תעודת זהות|ת.ז|מספר זהות|ת ז|דרכון|תז",
        "fa": "کد ملی|شماره ملی",
        "th": "เลขบัตรประชาชน|บัตรประชาชน|เลขประจำตัวประชาชน",
        "vi": "cmnd|cccd|so cmnd|can cuoc|chung minh nhan dan",
        "id": "nik|ktp|no ktp|nomor induk kependudukan",
    },
    "ip": {
        "en": "ip|ip address|ip addr|ipaddress|ipv4|ipv6|client ip|remote addr|remote ip|source ip|src ip|"
        "dst ip|"
        "ipaddr|login ip|last ip|user ip",
        "de": "ip adresse|ipadresse|ip adr",
        "fr": "adresse ip",
        "es": "direccion ip",
        "it": "indirizzo ip",
        "pt": "endereco ip",
        "nl": "ip adres|ipadres",
        "pl": "adres ip",
        "sv": "ip adress",
        "ru": "ip адрес|айпи",
        "ja": "ipアドレス",
        "zh": "ip地址|ip位址",
        "ko": "ip주소",
    },
    "mac": {
        "en": "mac|mac address|mac addr|macaddress|hardware address|ethernet address|device mac|bssid|wifi "
        "mac",
        "de": "mac adresse|macadresse|hardwareadresse",
        "fr": "adresse mac",
        "es": "direccion mac",
        "it": "indirizzo mac",
        "pt": "endereco mac",
        "nl": "mac adres",
        "pl": "adres mac",
        "zh": "mac地址",
    },
    "url": {
        "en": "url|web|website|web site|homepage|home page|web address|webpage|web page|uri|link|profile "
        "url|"
        "profile link|blog|linkedin|facebook|href|site",
        "de": "webseite|internetseite|webadresse|netzseite|internetadresse",
        "fr": "site web|site internet|page web|lien|adresse web",
        "es": "sitio web|pagina web|enlace|web personal|sitio",
        "it": "sito web|sito|sito internet|pagina web|collegamento",
        "pt": "site|pagina web|ligacao|sitio web|pagina",
        "nl": "webpagina|webadres|internetpagina",
        "pl": "strona|strona www|strona internetowa|adres www",
        "sv": "webbplats|hemsida|webbsida|webbadress",
        "no": "nettside|hjemmeside|nettsted",
        "da": "hjemmeside|netsted|webside",
        "fi": "verkkosivu|kotisivu|verkkosivusto|nettisivu",
        "cs": "webova stranka|stranky|webove stranky",
        "sk": "webova stranka|webove stranky",
        "hu": "weboldal|honlap|weblap",
        "ro": "pagina web|site web",
        "tr": "web sitesi|internet sitesi|internet adresi",
        "ru": "сайт|ссылка|веб саит",
        "uk": "сайт|посилання|веб саит",
        "ja": "ウェブサイト|ホームページ",
        "zh": "网址|网站|主页|網址|網站",
        "ko": "웹사이트|홈페이지",
    },
    "coordinates": {
        "en": "coordinates|coordinate|latlon|latlng|lat lon|lat lng|lat long|gps|geo|geolocation|geo "
        "location|gps "
        "position|gps coordinates|position|geopoint|geo point|latitude longitude|location|geom|geometry|"
        "point|coords",
        "de": "koordinaten|koordinate|standort|geokoordinaten|gps koordinaten|geoposition",
        "fr": "coordonnees|coordonnees gps|position gps|geolocalisation",
        "es": "coordenadas|ubicacion|posicion|coordenadas gps",
        "it": "coordinate|posizione|coordinate gps|ubicazione",
        "pt": "coordenadas|localizacao|posicao",
        "nl": "coordinaten|locatie|positie",
        "pl": "wspolrzedne|polozenie|lokalizacja",
        "sv": "koordinater|plats",
        "no": "koordinater|posisjon",
        "da": "koordinater",
        "fi": "koordinaatit|sijainti",
        "cs": "souradnice|poloha",
        "sk": "suradnice|poloha",
        "hu": "koordinatak|helyzet|koordinata",
        "ro": "coordonate",
        "tr": "koordinat|koordinatlar|konum",
        "ru": "координаты|местоположение",
        "uk": "координати|розташування",
        "ja": "座標|位置情報|緯度経度",
        "zh": "坐标|位置|经纬度|座標",
        "ko": "좌표|위치",
    },
    "uuid": {"en": "uuid|guid|uuid4|*uuid|*guid"},
}
"""Identifier → language → phrases."""
