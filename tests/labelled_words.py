"""Words for the labelled columns, typed by hand per locale: people, places, work, and what columns are called.

Under `columns`, the first word is a kind of identifier or an ordinary list, then come names that data carry.
"""

from __future__ import annotations

# ruff: noqa: E501
TEXT = """
== en_US
first: Mary|Patricia|Jennifer|Linda|Elizabeth|Barbara|Susan|Jessica|Sarah|Karen|Shaniqua|Latoya|Ximena|Guadalupe|Priya|Mei|Thuy|Aaliyah|Khadija|Everleigh|James|Robert|John|Michael|David|William|Richard|Joseph|Thomas|Charles|DeShawn|Tyrone|Jesús|Mohammed|Raj|Wei|Minh|Jayden|Kareem|Braxton|Mary Ann|Bobby-Lee
last: Smith|Johnson|Williams|Brown|Jones|Garcia|Miller|Davis|Rodriguez|Martinez|O'Connor|McAllister|Nguyen|Patel|Kowalczyk|Goldberg|Okafor|Tran|Fitzpatrick|Yamamoto|St. Clair|Van Buren|Begaye|Washington|Jefferson|Delacroix|Abernathy|Hakimi|Singh|Kim|Park|Ramirez-Soto|Lopez|Wozniak|Schumacher|DiMaggio|Oyelaran|Castellanos|Blackwood|Underhill|Youngblood|Zimmerman
streets: Maple Ave|Main St|Oak Street|Elm Dr|Sunset Blvd|Martin Luther King Jr Blvd|E 42nd St|County Road 12|Pine Ridge Ln|Old Mill Rd|Broadway|Cedar Ct
cities: Springfield|Boise|Tallahassee|Fort Wayne|Madison|Lincoln|Austin|St. Louis|Baton Rouge|Duluth|El Paso|Chattanooga|Jackson|Charlotte|Eugene
countries: United States|Canada|Mexico|Brazil|Germany|France|Japan|India|Jordan|Chad|Georgia|Ireland
jobs: nurse|software engineer|truck driver|teacher|sales associate|electrician|accountant|attorney|police officer|cashier|barber|carpenter|baker|cook|mason
departments: Human Resources|Finance|Engineering|Legal|Marketing|Customer Support|Operations|Research
colours: red|blue|green|violet|rose|olive|hazel|amber
sexes: male|female|nonbinary
marital: single|married|divorced|widowed|separated
weekdays: Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday
months: January|February|March|April|May|June|July|August|September|October|November|December
products: Garden Hose 50ft|Ruby Lipstick|Office Chair Deluxe|Wireless Mouse|Daisy Table Lamp|Jack Daniel's 0.7l|Levi's 501|Dell Monitor 24|Martin Guitar D-28|Coffee Maker
diagnoses: Type 2 diabetes|Essential hypertension|Asthma|Parkinson disease|Crohn disease|Low back pain|Migraine|Hodgkin lymphoma
companies: Johnson & Johnson|Wells Fargo|Ford Motor Company|Goldman Sachs|Charles Schwab|Trader Joe's|Acme Widgets Inc.|Baker Hughes|Morgan Stanley|Ralph Lauren
yesno: yes|no
comments: Called back, no answer, will try again on Monday.|Customer asked for a refund and was happy.|Delivery was late but the box was intact.|Please check the invoice before sending it out.|No complaints today, next visit in six weeks.
columns.name: full_name|Customer Name|patient_name|contact person|name
columns.first_name: first_name|FirstName|given_name|fname
columns.last_name: last_name|LastName|surname|family_name
columns.username: username|user_name|login|screen_name|UserName
columns.email: email|e_mail|EmailAddress|contact_email
columns.phone: phone|phone_number|mobile|Telephone|cell_phone
columns.address: address|street_address|home_address|mailing address
columns.iban: iban|bank_account|IBAN
columns.card: credit_card|card_number|cc_num|CreditCardNumber
columns.national_id: ssn|SSN|social_security_number
columns.ip: ip|ip_address|client_ip|remote_addr
columns.mac: mac|mac_address|device_mac
columns.url: url|website|homepage|profile_url
columns.coordinates: lat_lon|coordinates|gps_position|location
columns.latitude: latitude|lat|home_lat
columns.uuid: uuid|guid|user_uuid
columns.cities: city|city_name
columns.countries: country|country_of_birth
columns.jobs: occupation|job_title
columns.departments: department|dept_name
columns.products: product_name|item_name
columns.companies: company|company_name
columns.comments: comments|notes
columns.postcodes: zip|zip_code

== en_GB
first: Oliver|Harry|George|Alistair|Hamish|Gareth|Rhys|Callum|Nigel|Graham|Clive|Imran|Mohammad|Arjun|Olumide|Piotr|Kwame|Tobias|Finlay|Rupert|Amelia|Isla|Poppy|Siobhan|Niamh|Cerys|Bronwen|Gemma|Nicola|Beverley|Ayesha|Fatima|Harpreet|Chidinma|Agnieszka|Tamsin|Philippa|Rosalind|Imogen|Morag|Mary-Jane|Saoirse
last: Smith|Jones|Taylor|Brown|Williams|Wilson|Davies|Evans|Thomas|Roberts|Llewellyn|MacDonald|McGregor|O'Neill|Pritchard|Featherstone|Cholmondeley|Ashworth|Khan|Hussain|Begum|Kaur|Patel|Adeyemi|Mensah|Nowak|Higginbottom|Sutcliffe|Braithwaite|Entwistle|Penhaligon|Trelawney|Mac an Bhaird|Parker-Bowles|Fforde|Ap Gwilym|Murgatroyd|Winterbottom|Osei|Rahman|Whitaker|Cadwallader
streets: High Street|Church Lane|Station Road|Mill Lane|The Crescent|Victoria Road|Park Avenue|Kings Road|St Mary's Close|Abbey View|Queensway|Back Lane
cities: Leeds|Norwich|Bristol|Cardiff|Inverness|Kingston upon Hull|Bath|Milton Keynes|Stoke-on-Trent|Douglas|Lincoln|Chester|Preston|Wells|Stirling
countries: United Kingdom|Ireland|France|Germany|Poland|India|Pakistan|Nigeria|Jamaica|Cyprus|Jordan|Malta
jobs: nurse|bricklayer|solicitor|barrister|GP receptionist|lorry driver|primary school teacher|plumber|civil servant|chef|butcher|carer|vicar|estate agent|postman
departments: Accounts|Human Resources|Estates|Outpatients|Housing|Legal Services|Procurement|IT Support
colours: grey|navy|burgundy|olive|jade|ginger|scarlet|ivory
sexes: Male|Female|Other|Prefer not to say
marital: single|married|civil partnership|divorced|widowed
weekdays: Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday
months: January|February|March|April|May|June|July|August|September|October|November|December
products: Earl Grey Tea|Victoria Sponge|Cadbury Fingers|Wellington Boots|Kettle 1.7l|Garden Trowel|Jacob's Crackers|Dyson V8|Aunt Bessie's Roast Potatoes|Wax Jacket
diagnoses: Asthma|Hypertension|Type 1 diabetes|Osteoarthritis of knee|Parkinson's disease|Depressive episode|Bell's palsy|Eczema
companies: Marks & Spencer|John Lewis|Rolls-Royce|J Sainsbury plc|Harris & Sons Ltd|Lloyds Banking Group|WH Smith|Barclays|Morrisons|Taylor Wimpey
yesno: Yes|No
comments: Rang back twice, left a voicemail.|Patient did not attend, letter sent.|Parcel left with a neighbour at number four.|Awaiting the results of the blood test.|Happy with the service, would use again.
columns.name: full_name|Name|Patient Name|customer_name|account_holder
columns.first_name: forename|first_name|Forename(s)|christian_name
columns.last_name: surname|Surname|last_name|family name
columns.username: username|login_name|user_login|nickname
columns.email: email|Email Address|e-mail|work_email
columns.phone: telephone|mobile_number|Tel No|contact_number
columns.address: address|Address Line 1|home address|correspondence_address
columns.iban: iban|IBAN|bank_account_iban
columns.card: card_no|debit_card_number|card number|pan
columns.national_id: NI number|nino|national_insurance_no
columns.ip: ip|IP Address|source_ip
columns.mac: mac|MAC Address|hw_address
columns.url: url|web_page|Website|link
columns.coordinates: lat_long|gps|coordinates
columns.latitude: latitude|lat|Latitude
columns.uuid: uuid|guid|record_uuid
columns.cities: town|post_town
columns.countries: country|nationality_country
columns.jobs: occupation|job
columns.departments: department|team_name
columns.products: product_name|product
columns.companies: employer|company_name
columns.comments: remarks|notes
columns.postcodes: postcode|Post Code

== de_DE
first: Lukas|Maximilian|Jürgen|Hans-Peter|Günter|Wolfgang|Thorsten|Björn|Malte|Fiete|Mehmet|Yusuf|Nguyen|Dimitri|Kacper|Ole|Torben|Karl-Heinz|Volker|Rüdiger|Anna|Leonie|Käthe|Ursula|Heike|Sabine|Anke|Wiebke|Swantje|Frauke|Ayşe|Fatma|Zeynep|Olga|Agnieszka|Hannelore|Gisela|Marie-Luise|Svenja|Mareike|Birgit|Antje
last: Müller|Schmidt|Schneider|Fischer|Weber|Meyer|Wagner|Becker|Schulz|Hoffmann|von der Heide|Yılmaz|Öztürk|Kaya|Nowak|Kowalski|Petersen|Hansen|Lüdenscheidt|Großmann|Schäfer-Krüger|zu Dohna|Nguyen|Popov|Bäumler|Zschiesche|Noack|Oltmanns|Tjarks|Eberhardinger|Preuß|Löwe|Köhler|Demir|Schweinsteiger|Rademacher|Kuhnert|Wrobel|Al-Hamad|Haberkorn|Pfannenstiel|Jahnke
streets: Hauptstraße|Bahnhofstr.|Goethestraße|Am Markt|Lindenallee|Kirchgasse|Schillerplatz|Berliner Str.|Im Winkel|Mühlenweg|An der Alten Post|Gartenstraße
cities: Berlin|Hamburg|München|Köln|Essen|Frankfurt am Main|Halle (Saale)|Würzburg|Görlitz|Rothenburg ob der Tauber|Leer|Siegen|Ulm|Emden|Lübeck
countries: Deutschland|Österreich|Schweiz|Frankreich|Polen|Türkei|Italien|Syrien|Rumänien|Griechenland|Jordanien|Ukraine
jobs: Krankenpfleger|Bäckerin|Schneider|Koch|Müller|Maurer|Lehrerin|Informatiker|Steuerberaterin|Kfz-Mechatroniker|Erzieherin|Rechtsanwalt|Zimmermann|Schäfer|Fischer
departments: Buchhaltung|Personal|Einkauf|Vertrieb|Entwicklung|Innere Medizin|Chirurgie|Radiologie
colours: rot|blau|grün|gelb|schwarz|weiß|violett|türkis
sexes: männlich|weiblich|divers
marital: ledig|verheiratet|geschieden|verwitwet|eingetragene Lebenspartnerschaft
weekdays: Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag
months: Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember
products: Bürostuhl Ergo|Käsereibe|Gartenschlauch 20 m|Kaffeevollautomat|Haribo Goldbären|Dr. Oetker Backpulver|Bosch Bohrhammer|Tempo Taschentücher|Schulranzen Max|Winterreifen 205/55
diagnoses: Bluthochdruck|Diabetes mellitus Typ 2|Morbus Parkinson|Asthma bronchiale|Rückenschmerzen|Migräne|Morbus Crohn|Grippe
companies: Siemens AG|Müller Milch GmbH|Bäckerei Schmidt|Robert Bosch GmbH|Weber & Söhne KG|Deutsche Bahn|Hermes Logistik|Fielmann|Otto Versand|Krause Elektro e.K.
yesno: ja|nein
comments: Kunde hat angerufen und um Rückruf gebeten.|Lieferung kam zu spät, Ware in Ordnung.|Bitte Rechnung noch einmal schicken.|Kontrolle in sechs Wochen, keine Beschwerden.|Termin wurde kurzfristig abgesagt.
columns.name: Name|Kundenname|vollstaendiger_name|Ansprechpartner|patientenname
columns.first_name: Vorname|vorname|Rufname
columns.last_name: Nachname|nachname|Familienname|Zuname
columns.username: Benutzername|benutzer|Anmeldename|login
columns.email: E-Mail|email_adresse|mail|E-Mail-Adresse
columns.phone: Telefon|Telefonnummer|Handynummer|tel_mobil|Rufnummer
columns.address: Anschrift|Adresse|Straße und Hausnummer|wohnadresse
columns.iban: IBAN|Kontonummer|Bankverbindung
columns.card: Kreditkartennummer|Kartennummer|kreditkarte
columns.national_id: Steuer-ID|steuerliche_identifikationsnummer|IdNr
columns.ip: IP-Adresse|ip_adresse|ip
columns.mac: MAC-Adresse|mac_adresse|mac
columns.url: Webseite|url|Internetadresse
columns.coordinates: Koordinaten|Standort|gps_position
columns.latitude: Breitengrad|lat|geo_breite
columns.uuid: uuid|GUID|vorgangs_uuid
columns.cities: Ort|Stadt
columns.countries: Land|Geburtsland
columns.jobs: Beruf|Berufsbezeichnung
columns.departments: Abteilung|Fachabteilung
columns.products: Produktname|Artikelbezeichnung
columns.companies: Firma|Firmenname
columns.comments: Bemerkung|Anmerkungen
columns.postcodes: PLZ|Postleitzahl

== de_AT
first: Franz|Josef|Alois|Leopold|Herwig|Gernot|Ägidius|Sepp|Florian|Valentin|Stefan|Goran|Dragan|Mustafa|Emre|Hans-Jörg|Poldi|Korbinian|Rainer|Wolfram|Maria|Theresia|Kreszentia|Waltraud|Edeltraud|Margarete|Resi|Vroni|Burgi|Hermine|Jasmina|Snežana|Elif|Bernadette|Magdalena|Ludmilla|Anneliese|Marlies|Elfriede|Rosina|Eva-Maria|Notburga
last: Gruber|Huber|Bauer|Wagner|Müller|Pichler|Steiner|Moser|Mayer|Hofer|Jovanović|Petrović|Yılmaz|Szabó|Nemeth|Horvath|Prohaska|Novotny|Swoboda|Hrdlicka|Oberhuemer|Unterberger|Hinterseer|Schwarzenegger|Kreisky|Wondratschek|Vranitzky|Haselsteiner|Edlinger-Ploder|Nagiller|Tschürtz|Zangerl|Mitterlehner|Kaltenbrunner|Dvořák|Ćosić|Fuchsbichler|Stoß|Reisinger|Brandstätter|Wurzinger|Lackner
streets: Mariahilfer Straße|Hauptplatz|Dorfstraße|Ringstraße|Landstraßer Hauptstraße|Feldgasse|Am Anger|Kirchengasse|Siedlungsweg|Grazer Straße|Wiener Straße|Obere Donaulände
cities: Wien|Graz|Linz|Salzburg|Innsbruck|Klagenfurt am Wörthersee|St. Pölten|Villach|Wels|Steyr|Oberzeiring|Mürzzuschlag|Eisenstadt|Bregenz|Leoben
countries: Österreich|Deutschland|Ungarn|Slowenien|Kroatien|Serbien|Türkei|Italien|Bosnien und Herzegowina|Rumänien|Slowakei|Tschechien
jobs: Tischler|Krankenpflegerin|Lehrer|Bankangestellte|Landwirt|Kellner|Fleischhauer|Rauchfangkehrer|Ordinationsassistentin|Bauer|Wagner|Binder|Notar|Hofrat|Elektriker
departments: Unfallchirurgie|Gynäkologie|Lohnverrechnung|Rechtsabteilung|Lager|Interne|Hals-Nasen-Ohren|Marketing
colours: rot|weiß|grün|blau|grau|braun|schwarz|orange
sexes: m|w|d
marital: ledig|verheiratet|geschieden|verwitwet|in Lebensgemeinschaft
weekdays: Mo|Di|Mi|Do|Fr|Sa|So
months: Jänner|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember
products: Mozartkugeln 12 Stk.|Manner Schnitten|Rotweinglas Zalto|Schi Atomic Redster|Loden-Janker|Kürbiskernöl 0,5 l|Sachertorte|Almdudler 1 l|Semmelwürfel|Faschiertes 500 g
diagnoses: Hypertonie|Schlaganfall|Bandscheibenvorfall|Morbus Bechterew|Vorhofflimmern|Hashimoto-Thyreoiditis|Bronchitis|Schenkelhalsbruch
companies: Red Bull GmbH|Voestalpine AG|Julius Meinl|Raiffeisenbank|Josef Manner & Comp. AG|Kastner & Öhler|Huber Holding|Spar Österreich|Wiener Städtische|Gasthof Moser
yesno: Ja|Nein
comments: Patient klagt über Schmerzen im linken Knie.|Befund liegt bei, Kontrolle im Herbst.|Bitte um Rückruf nach 17 Uhr.|Ware retour, Gutschrift erstellt.|Keine Auffälligkeiten, Medikation unverändert.
columns.name: Name|Patient/in|Versicherter|name_voll|Kundenname
columns.first_name: Vorname|VORNAME|vname
columns.last_name: Nachname|Zuname|Familienname|nname
columns.username: Benutzername|User|Benutzerkennung
columns.email: E-Mail|Mailadresse|email
columns.phone: Telefon|Handy|Tel.|Mobilnummer|Telefonnr
columns.address: Adresse|Anschrift|Wohnadresse|Straße
columns.iban: IBAN|Konto|iban_kunde
columns.card: Kreditkarte|Kartennr|kreditkartennummer
columns.national_id: SVNR|Sozialversicherungsnummer|sv_nummer
columns.ip: IP|ip_adresse|Client-IP
columns.mac: MAC|mac_adresse|Geräte-MAC
columns.url: Homepage|url|Website
columns.coordinates: Koordinaten|GPS|geoposition
columns.latitude: Breitengrad|lat|geo_breite
columns.uuid: uuid|UUID|guid
columns.cities: Ort|Wohnort
columns.countries: Land|Staat
columns.jobs: Beruf|Tätigkeit
columns.departments: Abteilung|Station
columns.products: Artikel|Produktname
columns.companies: Dienstgeber|Firmenname
columns.comments: Anmerkung|Notiz
columns.postcodes: PLZ|plz

== fr_FR
first: Jean|Pierre|Jean-Baptiste|François|Étienne|Loïc|Gaël|Yann|Mathéo|Kylian|Mohamed|Karim|Abdelkader|Mamadou|Théo|Raphaël|Anthony|Gérard|Aurélien|Corentin|Marie|Anne-Sophie|Élodie|Chloé|Manon|Solène|Maëlys|Gwenaëlle|Fatoumata|Yasmina|Nadia|Bernadette|Océane|Clémence|Ghislaine|Huguette|Inès|Noémie|Marie-Thérèse|Ségolène|Djamila|Anaïs
last: Martin|Bernard|Dubois|Thomas|Robert|Richard|Petit|Durand|Leroy|Moreau|Le Goff|Kerguelen|de La Rochefoucauld|Benali|Diallo|Traoré|N'Diaye|Nguyen|Da Silva|Ferreira|Lefèvre|Boulanger|Charpentier|d'Estaing|Bouvier-Morel|Haddad|Belkacem|Etcheverry|Schneider|Muller|Quéméneur|Vandamme|Ould Ali|Payet|Hoarau|Lacroix|Delorme|Saint-Exupéry|Marchand|Rousseau|Cissé|Desjardins
streets: rue de la République|avenue Victor-Hugo|boulevard Saint-Michel|place de l'Église|impasse des Lilas|chemin du Moulin|allée des Tilleuls|rue du Général-de-Gaulle|quai de la Loire|cours Mirabeau|rue Pasteur|route de Paris
cities: Paris|Lyon|Marseille|Aix-en-Provence|Saint-Étienne|Le Havre|Nîmes|Besançon|Brest|Nancy|Rennes|La Rochelle|Bourg-en-Bresse|Tours|Valence
countries: France|Belgique|Suisse|Algérie|Maroc|Espagne|Portugal|Italie|Allemagne|Sénégal|Tunisie|Liban
jobs: infirmière|boulanger|enseignant|avocat|comptable|charpentier|médecin|ingénieur|vendeuse|agriculteur|plombier|chauffeur|cuisinier|berger|marchand
departments: Ressources humaines|Comptabilité|Achats|Cardiologie|Urgences|Pédiatrie|Service juridique|Logistique
colours: rouge|bleu|vert|jaune|noir|blanc|violette|rose
sexes: Homme|Femme
marital: célibataire|marié(e)|pacsé(e)|divorcé(e)|veuf/veuve
weekdays: lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche
months: janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre
products: Sac à dos 20 L|Machine à café|Robe Clémence|Camembert Président|Opinel n° 8|Vélo Décathlon|Crème Nivea|Baguette tradition|Chaise Louis XV|Bonne Maman fraise
diagnoses: Hypertension artérielle|Diabète de type 2|Maladie de Crohn|Asthme|Lombalgie|Maladie d'Alzheimer|Grippe|Migraine
companies: L'Oréal|Carrefour|Dassault Systèmes|Leroy Merlin|Boulangerie Martin|Société Générale|Michelin|Yves Rocher|Cabinet Moreau & Associés|EDF
yesno: oui|non
comments: Le client souhaite être rappelé demain matin.|Livraison en retard, colis abîmé.|Rien à signaler, contrôle dans six mois.|Merci de renvoyer la facture corrigée.|Le patient se plaint de douleurs au dos.
columns.name: nom_complet|Nom et prénom|nom_client|assuré
columns.first_name: prenom|Prénom|prenoms
columns.last_name: nom|nom_de_famille|Nom de naissance|nom_usage
columns.username: identifiant|pseudo|nom_utilisateur|login
columns.email: courriel|e-mail|adresse_mail|mel
columns.phone: telephone|Téléphone|portable|numero_tel|mobile
columns.address: adresse|Adresse postale|domicile|adresse_client
columns.iban: iban|IBAN|compte_bancaire
columns.card: numero_carte|carte_bancaire|N° de carte
columns.national_id: NIR|numero_securite_sociale|num_secu
columns.ip: ip|adresse_ip|Adresse IP
columns.mac: mac|adresse_mac|Adresse MAC
columns.url: url|site_web|page_perso
columns.coordinates: coordonnees_gps|position|coordonnées
columns.latitude: latitude|lat|lat_domicile
columns.uuid: uuid|guid|uuid_dossier
columns.cities: ville|commune
columns.countries: pays|pays_naissance
columns.jobs: profession|metier
columns.departments: service|nom_service
columns.products: produit|nom_produit
columns.companies: entreprise|raison_sociale
columns.comments: commentaire|remarques
columns.postcodes: code_postal|cp

== es_ES
first: José|Antonio|Francisco Javier|José Luis|Iñaki|Jordi|Xavi|Íker|Álvaro|Jesús|Santiago|Unai|Pau|Brais|Mohamed|Youssef|Ionuț|Wilson|Nicolás|Joaquín|María|Carmen|María del Carmen|Begoña|Montserrat|Nuria|Itziar|Ainhoa|Leire|Pilar|Concepción|Rocío|Yolanda|Lucía|Fátima|Svetlana|Jessica|Noa|Aitana|Remedios|Ana Belén|Ángeles
last: García|Rodríguez|González|Fernández|López|Martínez|Sánchez|Pérez|Gómez|Jiménez|Etxeberria|Goikoetxea|Puigdemont|Ferrer|Castiñeira|Feijóo|de la Fuente|Núñez|Ibáñez|Zubizarreta|Popescu|El Amrani|Benítez|Cabrera|Domínguez|Quispe|Mamani|Chen|Muñoz|Ortega|Rajoy|Trujillo|Villanueva|Peña|Bravo|Cuesta|Alcántara|Espinosa|Morata|Ybarra|Urrutia|Olivares
streets: Calle Mayor|Avenida de la Constitución|Plaza de España|Calle de Alcalá|Paseo de Gracia|C/ Real|Ronda de Toledo|Carrer de Mallorca|Camino Viejo|Travesía del Sol|Av. Diagonal|Calle San Juan
cities: Madrid|Barcelona|Valencia|Sevilla|Zaragoza|Málaga|A Coruña|Donostia-San Sebastián|Cádiz|Toledo|Santa Cruz de Tenerife|León|Mérida|Vigo|Santiago de Compostela
countries: España|Portugal|Francia|Marruecos|Rumanía|Colombia|Ecuador|Venezuela|Argentina|Perú|Italia|Alemania
jobs: enfermera|albañil|profesor|abogada|camarero|contable|ingeniero|médico|carpintero|herrero|pastor|dependienta|conductor|zapatero|cocinero
departments: Recursos Humanos|Contabilidad|Urgencias|Compras|Ventas|Cardiología|Administración|Asesoría Jurídica
colours: rojo|azul|verde|amarillo|negro|blanco|violeta|rosa
sexes: hombre|mujer
marital: soltero/a|casado/a|divorciado/a|viudo/a|pareja de hecho
weekdays: lunes|martes|miércoles|jueves|viernes|sábado|domingo
months: enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre
products: Aceite de oliva 1 l|Zapatillas deportivas|Cafetera Oroley|Jamón serrano|Vestido Carmen|Silla de oficina|Turrón El Almendro|Don Simón 1 l|Mochila escolar|Bicicleta Orbea
diagnoses: Hipertensión arterial|Diabetes tipo 2|Asma|Lumbalgia|Enfermedad de Parkinson|Gripe|Enfermedad de Crohn|Migraña
companies: El Corte Inglés|Banco Santander|García e Hijos S.L.|Mercadona|Adolfo Domínguez|Telefónica|Talleres Martínez|Iberdrola|Pescanova|Construcciones López S.A.
yesno: sí|no
comments: El cliente pide que le llamen por la tarde.|Entrega con retraso, todo correcto.|Paciente sin dolor, revisión en tres meses.|Falta la firma en el contrato.|Enviar de nuevo la factura corregida.
columns.name: nombre_completo|Nombre y apellidos|cliente|paciente
columns.first_name: nombre|Nombre de pila|primer_nombre
columns.last_name: apellidos|Apellido|primer_apellido
columns.username: usuario|nombre_usuario|login|alias
columns.email: correo|correo_electronico|email|e-mail
columns.phone: telefono|Teléfono|movil|tel_contacto
columns.address: direccion|Dirección|domicilio|direccion_postal
columns.iban: iban|cuenta_bancaria|IBAN
columns.card: tarjeta|numero_tarjeta|Tarjeta de crédito
columns.national_id: dni|DNI/NIE|nif|documento_identidad
columns.ip: ip|direccion_ip|IP cliente
columns.mac: mac|direccion_mac|MAC
columns.url: url|pagina_web|sitio_web
columns.coordinates: coordenadas|ubicacion_gps|posicion
columns.latitude: latitud|lat|latitud_domicilio
columns.uuid: uuid|guid|uuid_expediente
columns.cities: ciudad|municipio
columns.countries: pais|pais_nacimiento
columns.jobs: profesion|ocupacion
columns.departments: departamento|servicio
columns.products: producto|nombre_producto
columns.companies: empresa|razon_social
columns.comments: observaciones|comentarios
columns.postcodes: codigo_postal|cp

== it_IT
first: Giuseppe|Marco|Luca|Andrea|Nicolò|Gianluigi|Pier Paolo|Michele|Salvatore|Gennaro|Ciro|Edoardo|Mattia|Mohamed|Ion|Antonino|Calogero|Ermanno|Lapo|Tiziano|Giulia|Chiara|Francesca|Annunziata|Immacolata|Concetta|Maria Grazia|Noemi|Ilaria|Ginevra|Asia|Fatima|Olena|Assunta|Filomena|Donatella|Loredana|Simonetta|Benedetta|Agnese|Anna Rita|Mirella
last: Rossi|Russo|Ferrari|Esposito|Bianchi|Romano|Colombo|Ricci|Marino|Greco|De Luca|D'Angelo|Dell'Acqua|Lo Cascio|Pautasso|Brambilla|Fumagalli|Zanetti|Pahor|Hofer|Cossu|Piras|Murgia|Popa|Hossain|Hu|Sciascia|Calabresi|Quagliarella|Squillaci|Buffon|Pellegrini|Della Valle|Santoro|Capuano|Di Giovanni|Barbieri|Sartori|Pastore|Medici|Strozzi|Carbone
streets: Via Roma|Via Garibaldi|Corso Vittorio Emanuele II|Piazza Dante|Viale della Libertà|Via Mazzini|Strada Statale 16|Vicolo del Forno|Largo Augusto|Via dei Mille|Via XX Settembre|Lungotevere Flaminio
cities: Roma|Milano|Napoli|Torino|Reggio nell'Emilia|L'Aquila|Bolzano|Trieste|Forlì|Cosenza|Sassari|Siena|Asti|Vercelli|Enna
countries: Italia|Francia|Germania|Albania|Romania|Marocco|Svizzera|Austria|Slovenia|Cina|Ucraina|Egitto
jobs: infermiera|idraulico|insegnante|avvocato|ragioniere|barbiere|medico|ingegnere|commessa|muratore|pastore|fabbro|cuoco|elettricista|geometra
departments: Risorse umane|Contabilità|Acquisti|Pronto soccorso|Ortopedia|Ufficio legale|Magazzino|Vendite
colours: rosso|blu|verde|giallo|nero|bianco|viola|rosa
sexes: maschio|femmina
marital: celibe|nubile|coniugato|divorziato|vedovo
weekdays: lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica
months: gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre
products: Caffè Lavazza 250 g|Moka Bialetti|Scarpe da corsa|Pasta Barilla n. 5|Pizza Margherita|Lampada Artemide|Nutella 400 g|Borsa Giulia|Panettone|Vespa Primavera 125
diagnoses: Ipertensione|Diabete mellito tipo 2|Morbo di Parkinson|Asma|Lombalgia|Influenza|Celiachia|Morbo di Crohn
companies: Ferrari S.p.A.|Banca Intesa|Fratelli Rossi S.r.l.|Luigi Lavazza|Giorgio Armani|Eni|Poste Italiane|Officina Bianchi|Barilla|Salumificio Fumagalli
yesno: sì|no
comments: Il cliente chiede di essere richiamato domani.|Consegna in ritardo ma merce integra.|Paziente stabile, controllo tra sei mesi.|Manca la firma sul modulo.|Inviare di nuovo la fattura.
columns.name: nominativo|Nome e cognome|nome_completo|intestatario
columns.first_name: nome|Nome|nome_battesimo
columns.last_name: cognome|Cognome|cognome_cliente
columns.username: nome_utente|utente|username|nickname
columns.email: email|posta_elettronica|indirizzo_email|mail
columns.phone: telefono|cellulare|Tel.|numero_telefono
columns.address: indirizzo|Indirizzo|residenza|via
columns.iban: iban|conto_corrente|coordinate_bancarie
columns.card: carta_di_credito|numero_carta|n_carta
columns.national_id: codice_fiscale|CF|cod_fisc
columns.ip: ip|indirizzo_ip|IP
columns.mac: mac|indirizzo_mac|MAC address
columns.url: url|sito_web|pagina
columns.coordinates: coordinate|posizione_gps|coordinate_geografiche
columns.latitude: latitudine|lat|lat_residenza
columns.uuid: uuid|guid|uuid_pratica
columns.cities: citta|comune
columns.countries: paese|nazione
columns.jobs: professione|mestiere
columns.departments: reparto|ufficio
columns.products: prodotto|nome_prodotto
columns.companies: azienda|ragione_sociale
columns.comments: note|commenti
columns.postcodes: cap|CAP

== nl_NL
first: Jan|Pieter|Sjoerd|Gijs|Teun|Daan|Sem|Bram|Wouter|Joost|Jeroen|Klaas-Jan|Mohammed|Ahmet|Rajesh|Winston|Siebe|Hidde|Willem-Alexander|Cornelis|Johanna|Anouk|Sanne|Femke|Lieke|Fleur|Roos|Maartje|Geertruida|Wilhelmina|Fatima|Samira|Shanti|Joke|Truus|Ans|Marijke|Nienke|Doutzen|Tjitske|Anne-Marie|Ineke
last: de Jong|Jansen|de Vries|van den Berg|van Dijk|Bakker|Janssen|Visser|Smit|Meijer|Hoekstra|Dijkstra|Postma|Terpstra|van 't Hof|ter Horst|op den Kamp|Yilmaz|El Idrissi|Bouazza|Ramdin|Pengel|Kartosen|Wong|Nieuwenhuizen|Zonneveld|Kuijpers|Schouten|Rutte|Boonstra|van der Meulen-Bos|Wiersma|Sneijder|Oosterhuis|de Bruijn|in 't Veld|Verstappen|Halsema|Naaktgeboren|van Beethoven|Kuipers|Molenaar
streets: Kerkstraat|Dorpsstraat|Prinsengracht|Stationsweg|Molenlaan|Julianaplein|Burgemeester de Vlugtlaan|Oude Gracht|Nieuwe Binnenweg|Wilhelminastraat|Singel|Zuiderpark
cities: Amsterdam|Rotterdam|Utrecht|'s-Hertogenbosch|Den Haag|Groningen|Nijmegen|Zwolle|Bergen op Zoom|Leeuwarden|Alphen aan den Rijn|Delft|Ede|Tiel|Goes
countries: Nederland|België|Duitsland|Suriname|Marokko|Turkije|Polen|Frankrijk|Spanje|Indonesië|Curaçao|Ierland
jobs: verpleegkundige|leraar|bakker|timmerman|advocaat|boekhouder|huisarts|vrachtwagenchauffeur|kok|visser|molenaar|slager|kapper|schilder|smid
departments: Personeelszaken|Inkoop|Verkoop|Spoedeisende hulp|Cardiologie|Financiën|Juridische zaken|Magazijn
colours: rood|blauw|groen|geel|zwart|wit|paars|oranje
sexes: man|vrouw|onbekend
marital: ongehuwd|gehuwd|gescheiden|weduwe|geregistreerd partnerschap
weekdays: maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag
months: januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december
products: Stroopwafels 10 st.|Douwe Egberts Aroma|Fiets Gazelle|Calvé Pindakaas|Oude kaas 500 g|Philips Senseo|Kinderjas Bram|Bureaustoel|Johma Salade|Regenpak
diagnoses: Hoge bloeddruk|Diabetes type 2|Astma|Rugpijn|Ziekte van Parkinson|Ziekte van Crohn|Griep|Migraine
companies: Albert Heijn|Van der Valk|Jansen Bouw B.V.|Philips|De Vries & Zonen|ING Bank|Douwe Egberts|Gebroeders Bakker|KLM|Heineken
yesno: ja|nee
comments: Klant belt morgen terug over de factuur.|Pakket is bij de buren afgegeven.|Geen klachten, controle over zes weken.|Afspraak afgezegd wegens ziekte.|Graag de offerte opnieuw sturen.
columns.name: naam|Volledige naam|klantnaam|contactpersoon
columns.first_name: voornaam|Voornaam|roepnaam
columns.last_name: achternaam|Achternaam|familienaam
columns.username: gebruikersnaam|gebruiker|inlognaam|login
columns.email: email|e-mailadres|mailadres
columns.phone: telefoon|telefoonnummer|mobiel|tel_nr
columns.address: adres|woonadres|Straat en huisnummer|postadres
columns.iban: iban|rekeningnummer|IBAN
columns.card: creditcard|kaartnummer|creditcardnummer
columns.national_id: bsn|BSN|burgerservicenummer
columns.ip: ip|ip_adres|IP-adres
columns.mac: mac|mac_adres|MAC-adres
columns.url: url|website|webpagina
columns.coordinates: coordinaten|gps_locatie|positie
columns.latitude: breedtegraad|lat|gps_lat
columns.uuid: uuid|guid|dossier_uuid
columns.cities: woonplaats|stad
columns.countries: land|geboorteland
columns.jobs: beroep|functie
columns.departments: afdeling|afdelingsnaam
columns.products: product|productnaam
columns.companies: bedrijf|bedrijfsnaam
columns.comments: opmerkingen|notities
columns.postcodes: postcode|pc6

== pl_PL
first: Piotr|Krzysztof|Andrzej|Tomasz|Jan|Paweł|Michał|Łukasz|Zbigniew|Wojciech|Grzegorz|Bartłomiej|Świętosław|Żelisław|Oleksandr|Witold|Bogumił|Kacper|Jarosław|Mieczysław|Anna|Maria|Katarzyna|Małgorzata|Agnieszka|Krystyna|Elżbieta|Zofia|Wiesława|Grażyna|Jadwiga|Bożena|Halina|Oksana|Świętosława|Kinga|Aleksandra|Żaneta|Julia|Lena|Łucja|Genowefa
last: Nowak|Kowalski|Kowalska|Wiśniewski|Wójcik|Kowalczyk|Kamiński|Lewandowska|Zieliński|Szymański|Brzęczyszczykiewicz|Dąbrowska-Nowak|Gołąb|Ząbek|Shevchenko|Bondarenko|Pszczoła|Żak|Ćwik|Łoś|Mazur|Krawczyk|Sikorski|Pawlak|Dudek|Wróbel|Jabłońska|Grzyb|Kaczyński|Tusk|Wałęsa|Skłodowska|Szczęsny|Błaszczykowski|Kościuszko|Piłsudska|Chmielewski|Sroka|Hoffman|Schmidt|Nguyen|Stępień
streets: ul. Długa|ul. Marszałkowska|al. Jerozolimskie|ul. Kościuszki|pl. Wolności|os. Bohaterów|ul. Jana Pawła II|ul. Polna|ul. Słowackiego|ul. 3 Maja|ul. Leśna|ul. Świętojańska
cities: Warszawa|Kraków|Łódź|Wrocław|Poznań|Gdańsk|Szczecin|Bydgoszcz|Bielsko-Biała|Zielona Góra|Żory|Kielce|Nowy Sącz|Ełk|Radom
countries: Polska|Ukraina|Niemcy|Czechy|Słowacja|Białoruś|Wielka Brytania|Norwegia|Holandia|Włochy|Litwa|Francja
jobs: pielęgniarka|nauczyciel|kierowca|lekarz|murarz|kowal|krawiec|księgowa|informatyk|sprzedawca|mechanik|prawnik|kucharz|fryzjer|piekarz
departments: Kadry|Księgowość|Sprzedaż|Chirurgia|Kardiologia|Zakupy|Dział prawny|Magazyn
colours: czerwony|niebieski|zielony|żółty|czarny|biały|fioletowy|różowy
sexes: mężczyzna|kobieta
marital: kawaler|panna|żonaty|zamężna|rozwiedziony|wdowa
weekdays: poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela
months: styczeń|luty|marzec|kwiecień|maj|czerwiec|lipiec|sierpień|wrzesień|październik|listopad|grudzień
products: Pierogi ruskie 400 g|Herbata Minutka|Plecak szkolny|Ptasie Mleczko Wedel|Krzesło biurowe|Rower Romet|Kiełbasa krakowska|Lampka Zosia|Buty zimowe|Żubrówka 0,5 l
diagnoses: Nadciśnienie tętnicze|Cukrzyca typu 2|Astma|Choroba Parkinsona|Ból kręgosłupa|Grypa|Migrena|Zapalenie oskrzeli
companies: Orlen S.A.|Kowalski i Synowie|PKO Bank Polski|Allegro|Piekarnia Nowak|Poczta Polska|E. Wedel|Zakłady Mięsne Sokołów|Jan Niezbędny|Biedronka
yesno: tak|nie
comments: Klient prosi o telefon po godzinie szesnastej.|Przesyłka dotarła uszkodzona.|Pacjent bez dolegliwości, kontrola za pół roku.|Brak podpisu na umowie.|Proszę ponownie wysłać fakturę.
columns.name: imie_i_nazwisko|Imię i nazwisko|nazwa_klienta|pacjent
columns.first_name: imie|Imię|pierwsze_imie
columns.last_name: nazwisko|Nazwisko|nazwisko_rodowe
columns.username: uzytkownik|nazwa_uzytkownika|login
columns.email: email|adres_email|e-mail|poczta
columns.phone: telefon|nr_telefonu|komórka|tel
columns.address: adres|Adres zamieszkania|ulica|adres_korespondencyjny
columns.iban: iban|numer_konta|rachunek_bankowy
columns.card: numer_karty|karta_kredytowa|nr karty
columns.national_id: pesel|PESEL|nr_pesel
columns.ip: ip|adres_ip|Adres IP
columns.mac: mac|adres_mac|MAC
columns.url: url|strona_www|adres_strony
columns.coordinates: wspolrzedne|pozycja_gps|lokalizacja
columns.latitude: szerokosc_geograficzna|lat|szer_geogr
columns.uuid: uuid|guid|uuid_sprawy
columns.cities: miasto|miejscowosc
columns.countries: kraj|kraj_urodzenia
columns.jobs: zawod|stanowisko
columns.departments: oddzial|dzial
columns.products: produkt|nazwa_produktu
columns.companies: firma|nazwa_firmy
columns.comments: uwagi|komentarz
columns.postcodes: kod_pocztowy|kod

== sv_SE
first: Lars|Anders|Johan|Björn|Håkan|Göran|Åke|Östen|Nils|Sven-Erik|Mohamed|Ali|Liam|Hugo|Ture|Sixten|Ragnar|Torbjörn|Jussi|Per-Olof|Anna|Karin|Kristina|Ingegerd|Birgitta|Åsa|Malin|Linnéa|Elsa|Saga|Maj-Britt|Gun|Amina|Fatima|Zainab|Ebba|Tuva|Ulla|Annika|Gunilla|Siv|Märta
last: Andersson|Johansson|Karlsson|Nilsson|Eriksson|Larsson|Olsson|Persson|Svensson|Gustafsson|Bergström|Sjöberg|Åkesson|Öberg|Lindqvist|von Essen|af Klint|Ahmed|Hassan|Abdi|Yıldız|Ibrahimović|Virtanen|Korhonen|Nyström|Lagerkvist|Strindberg|Reuterswärd|Oxenstierna|Wallenberg|Hägg|Sjöstrand|Dahl|Holm|Ek|Björk|Modig|Rask|Sparv|Haddad|Lööf|Norén
streets: Storgatan|Kungsgatan|Drottninggatan|Kyrkogatan|Skolgatan|Björkvägen|Norra Esplanaden|Järnvägsgatan|Sveavägen|Ringvägen|Ågatan|Ängsvägen
cities: Stockholm|Göteborg|Malmö|Uppsala|Västerås|Örebro|Linköping|Umeå|Luleå|Växjö|Åmål|Kiruna|Visby|Lund|Ystad
countries: Sverige|Finland|Norge|Danmark|Syrien|Irak|Somalia|Polen|Iran|Tyskland|Turkiet|Thailand
jobs: sjuksköterska|lärare|undersköterska|snickare|elektriker|läkare|ekonom|kock|lastbilschaufför|säljare|bagare|smed|fiskare|murare|frisör
departments: Personal|Ekonomi|Inköp|Akuten|Ortopedi|Juridik|Försäljning|Lager
colours: röd|blå|grön|gul|svart|vit|lila|rosa
sexes: man|kvinna|annat
marital: ogift|gift|skild|änka|sambo
weekdays: måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag
months: januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december
products: Bokhylla Billy|Kexchoklad|Soffa Ektorp|Köttbullar 1 kg|Cykelhjälm|Löfbergs Kaffe|Gustavsbergs Wc-stol|Vinterjacka|Kalles Kaviar|Tvål Barnängen
diagnoses: Högt blodtryck|Diabetes typ 2|Astma|Ryggvärk|Parkinsons sjukdom|Crohns sjukdom|Influensa|Migrän
companies: Ericsson|Volvo|Andersson & Söner AB|Lindex|Handelsbanken|Skanska|Clas Ohlson|Åhléns|H & M Hennes & Mauritz|Svenssons Rör AB
yesno: ja|nej
comments: Kunden vill bli uppringd i morgon.|Leveransen kom för sent men var hel.|Inga besvär, återbesök om sex veckor.|Underskrift saknas på avtalet.|Skicka fakturan en gång till.
columns.name: namn|Fullständigt namn|kundnamn|kontaktperson
columns.first_name: fornamn|Förnamn|tilltalsnamn
columns.last_name: efternamn|Efternamn|slaktnamn
columns.username: anvandarnamn|Användarnamn|inloggning
columns.email: epost|e-postadress|E-post|mejl
columns.phone: telefon|telefonnummer|mobil|mobilnummer
columns.address: adress|gatuadress|Bostadsadress|postadress
columns.iban: iban|kontonummer|bankkonto
columns.card: kortnummer|kreditkort|betalkort
columns.national_id: personnummer|Personnr|pnr
columns.ip: ip|ip_adress|IP-adress
columns.mac: mac|mac_adress|MAC-adress
columns.url: url|webbplats|hemsida
columns.coordinates: koordinater|gps_position|position
columns.latitude: latitud|lat|breddgrad
columns.uuid: uuid|guid|arende_uuid
columns.cities: ort|stad
columns.countries: land|fodelseland
columns.jobs: yrke|befattning
columns.departments: avdelning|klinik
columns.products: produkt|produktnamn
columns.companies: foretag|foretagsnamn
columns.comments: anmarkning|kommentar
columns.postcodes: postnummer|postnr

== ja_JP
first: 太郎:taro|翔太:shota|健一:kenichi|大輔:daisuke|蓮:ren|陽翔:haruto|悠真:yuma|湊:minato|拓也:takuya|直樹:naoki|誠:makoto|隆:takashi|浩二:koji|修:osamu|勇気:yuki|龍之介:ryunosuke|一郎:ichiro|健太:kenta|剛:tsuyoshi|徹:toru|大翔:hiroto|花子:hanako|美咲:misaki|陽菜:hina|結衣:yui|さくら:sakura|葵:aoi|凛:rin|由美子:yumiko|恵子:keiko|幸子:sachiko|明美:akemi|裕子:yuko|直美:naomi|千夏:chinatsu|ひまり:himari|紬:tsumugi|愛子:aiko|久美子:kumiko|真由美:mayumi|智子:tomoko|あかり:akari
last: 佐藤:sato|鈴木:suzuki|高橋:takahashi|田中:tanaka|伊藤:ito|渡辺:watanabe|山本:yamamoto|中村:nakamura|小林:kobayashi|加藤:kato|吉田:yoshida|山田:yamada|佐々木:sasaki|山口:yamaguchi|松本:matsumoto|井上:inoue|木村:kimura|林:hayashi|斎藤:saito|清水:shimizu|山崎:yamazaki|森:mori|池田:ikeda|橋本:hashimoto|阿部:abe|石川:ishikawa|前田:maeda|藤田:fujita|後藤:goto|小川:ogawa|岡田:okada|村上:murakami|長谷川:hasegawa|近藤:kondo|石井:ishii|西村:nishimura|遠藤:endo|五十嵐:igarashi|東海林:shoji|小鳥遊:takanashi|比嘉:higa|金城:kinjo
streets: 東京都新宿区西新宿|大阪府大阪市北区梅田|神奈川県横浜市中区山下町|北海道札幌市中央区大通西|愛知県名古屋市中区栄|福岡県福岡市博多区博多駅前|京都府京都市左京区吉田本町|宮城県仙台市青葉区一番町|広島県広島市中区紙屋町|沖縄県那覇市泉崎|千葉県船橋市本町|東京都世田谷区三軒茶屋
cities: 東京|大阪市|横浜市|名古屋市|札幌市|福岡市|京都市|神戸市|川崎市|仙台市|広島市|千葉市|金沢市|那覇市|長野市
countries: 日本|アメリカ合衆国|中国|韓国|ベトナム|フィリピン|ブラジル|フランス|ドイツ|タイ|ネパール|インド
jobs: 看護師|教師|会社員|公務員|弁護士|医師|運転手|エンジニア|大工|調理師|美容師|農業|漁師|販売員|税理士
departments: 人事部|営業部|経理部|開発部|総務部|内科|外科|小児科
colours: 赤|青|緑|黄色|黒|白|紫|桃色
sexes: 男性|女性
marital: 未婚|既婚|離婚|死別
weekdays: 月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日
months: 1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月
products: 炊飯器 5.5合|緑茶 500ml|自転車 26インチ|抹茶チョコレート|ノートパソコン|長ネギ|冬用コート|醤油 1L|文庫本|布団セット
diagnoses: 高血圧症|糖尿病|気管支喘息|腰痛症|パーキンソン病|インフルエンザ|片頭痛|胃炎
companies: トヨタ自動車|本田技研工業|株式会社山田電機|三菱商事|鈴木工務店|ソニーグループ|松本清|日本郵便|佐藤製薬|任天堂
yesno: はい|いいえ
comments: 明日の午前中に折り返し電話をください。|商品の到着が遅れましたが問題ありません。|次回の診察は六週間後の予定です。|契約書に署名がありません。|請求書をもう一度送ってください。
columns.name: 氏名|お名前|名前|顧客名
columns.first_name: 名|下の名前|first_name
columns.last_name: 姓|名字|苗字
columns.username: ユーザー名|ログインID|username
columns.email: メールアドレス|メール|email
columns.phone: 電話番号|携帯電話|電話|TEL
columns.address: 住所|ご住所|現住所
columns.iban: IBAN|iban|口座番号(IBAN)
columns.card: カード番号|クレジットカード番号|card_number
columns.national_id: マイナンバー|個人番号|my_number
columns.ip: IPアドレス|ip|ip_address
columns.mac: MACアドレス|mac
columns.url: URL|ホームページ|ウェブサイト
columns.coordinates: 座標|位置情報|緯度経度
columns.latitude: 緯度|lat
columns.uuid: UUID|uuid
columns.cities: 市区町村|都市
columns.countries: 国|国名
columns.jobs: 職業|職種
columns.departments: 部署|部署名
columns.products: 商品名|品名
columns.companies: 会社名|勤務先
columns.comments: 備考|コメント
columns.postcodes: 郵便番号|〒

== pt_BR
first: José|João|Antônio|Francisco|Carlos|Paulo|Pedro|Lucas|Wellington|Washington|Cauã|Thiago|Enzo|Davi|Kauê|Ubirajara|Raimundo|Severino|Wanderley|Kléber|Maria|Ana|Francisca|Antônia|Adriana|Juliana|Márcia|Thayná|Yasmin|Jussara|Iracema|Conceição|Valentina|Rayssa|Luciene|Rosângela|Tainá|Ana Cláudia|Cleide|Edilene|Maria Aparecida|João Vitor
last: Silva|Santos|Oliveira|Souza|Rodrigues|Ferreira|Alves|Pereira|Lima|Gomes|da Silva|dos Santos|de Oliveira|Nakamura|Tanaka|Schneider|Hoffmann|Bianchi|Abdalla|Maluf|Kubitschek|do Nascimento|Cavalcanti|Albuquerque|Xavier|Queiroz|Guimarães|Magalhães|Brandão|Assunção|Pires Leal|Figueiredo|Tupinambá|Bittencourt|Drummond|Rousseff|Meirelles|Sarney|Calheiros|Lacerda|Conceição|de Sá
streets: Rua das Flores|Avenida Paulista|Rua XV de Novembro|Av. Brasil|Travessa do Comércio|Rua Sete de Setembro|Alameda Santos|Praça da Sé|Rua Dom Pedro II|Rodovia BR-101|Estrada do Coco|Rua Tiradentes
cities: São Paulo|Rio de Janeiro|Belo Horizonte|Salvador|Fortaleza|Curitiba|Manaus|Recife|Florianópolis|João Pessoa|São Luís|Vitória|Santos|Goiânia|Cuiabá
countries: Brasil|Portugal|Argentina|Paraguai|Bolívia|Venezuela|Haiti|Japão|Itália|Angola|Chile|Alemanha
jobs: enfermeira|professor|pedreiro|advogada|motorista|médico|contador|vendedora|cozinheiro|ferreiro|eletricista|engenheiro|padeiro|agricultor|cabeleireira
departments: Recursos Humanos|Financeiro|Compras|Pronto-socorro|Pediatria|Jurídico|Vendas|Almoxarifado
colours: vermelho|azul|verde|amarelo|preto|branco|violeta|rosa
sexes: masculino|feminino
marital: solteiro|casado|divorciado|viúvo|união estável
weekdays: segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo
months: janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro
products: Café Pilão 500 g|Havaianas Top|Feijão Camil|Guaraná Antarctica|Cadeira de escritório|Bicicleta Caloi|Dona Benta farinha|Mochila escolar|Liquidificador Walita|Sabão Omo
diagnoses: Hipertensão arterial|Diabetes tipo 2|Asma|Dengue|Doença de Chagas|Doença de Parkinson|Lombalgia|Enxaqueca
companies: Petrobras|Itaú Unibanco|Casas Bahia|Irmãos Silva Ltda.|Natura|Padaria Santos|Magazine Luiza|Votorantim|Gerdau|Oliveira & Filhos
yesno: sim|não
comments: Cliente pediu retorno na parte da tarde.|Entrega atrasou, mas o produto chegou bem.|Paciente sem queixas, retorno em três meses.|Falta a assinatura no contrato.|Enviar novamente a nota fiscal.
columns.name: nome_completo|Nome do cliente|paciente|titular
columns.first_name: primeiro_nome|nome|Prenome
columns.last_name: sobrenome|Sobrenome|ultimo_nome
columns.username: usuario|nome_usuario|login|apelido
columns.email: email|correio_eletronico|E-mail
columns.phone: telefone|celular|fone|Telefone celular
columns.address: endereco|Endereço|logradouro|endereco_residencial
columns.iban: iban|conta_bancaria|IBAN
columns.card: cartao|numero_cartao|Cartão de crédito
columns.national_id: cpf|CPF|num_cpf
columns.ip: ip|endereco_ip|IP
columns.mac: mac|endereco_mac|MAC
columns.url: url|site|pagina_web
columns.coordinates: coordenadas|localizacao_gps|posicao
columns.latitude: latitude|lat|latitude_residencia
columns.uuid: uuid|guid|uuid_processo
columns.cities: cidade|municipio
columns.countries: pais|pais_nascimento
columns.jobs: profissao|cargo
columns.departments: departamento|setor
columns.products: produto|nome_produto
columns.companies: empresa|razao_social
columns.comments: observacoes|comentarios
columns.postcodes: cep|CEP

== cs_CZ
first: Jiří|Jan|Petr|Josef|Pavel|Martin|Tomáš|Jaroslav|Miroslav|Zdeněk|Bořivoj|Řehoř|Přemysl|Vojtěch|Matyáš|Ondřej|Oleksandr|Hynek|Květoslav|Bohumil|Jana|Marie|Eva|Hana|Lenka|Kateřina|Věra|Alena|Žofie|Ludmila|Zdislava|Eliška|Nguyen|Oksana|Růžena|Drahomíra|Adéla|Květa|Šárka|Blažena|Anežka|Naděžda
last: Novák|Nováková|Svoboda|Svobodová|Novotný|Dvořáková|Černý|Procházka|Kučerová|Veselý|Krejčí|Hájek|Němcová|Pospíšil|Šťastná|Zapletal|Řezníček|Nezval|Vopička|Skočdopole|Vondráčková|Hrdlička|Kovařík|Havlová|Ševčenko|Nguyenová|Tran|Horváth|Lakatoš|Jágr|Čapek|Seifertová|Ječmínek|Vytlačil|Kdolský|Štěpánek|Bílková|Nedvěd|Navrátilová|Žižka|Smetana|Čechová
streets: Dlouhá|Nádražní|Husova|Masarykovo náměstí|Na Příkopě|Palackého|třída Míru|Školní|Zahradní|U Kapličky|Pod Lesem|Tyršova
cities: Praha|Brno|Ostrava|Plzeň|Liberec|Olomouc|České Budějovice|Hradec Králové|Ústí nad Labem|Zlín|Písek|Tábor|Žďár nad Sázavou|Jihlava|Most
countries: Česko|Slovensko|Německo|Polsko|Ukrajina|Vietnam|Rakousko|Itálie|Maďarsko|Rusko|Francie|Chorvatsko
jobs: zdravotní sestra|učitel|zedník|kovář|řezník|krejčí|účetní|lékař|řidič|programátor|prodavačka|kuchař|truhlář|právník|pekař
departments: Personální oddělení|Účtárna|Nákup|Chirurgie|Interna|Právní oddělení|Prodej|Sklad
colours: červená|modrá|zelená|žlutá|černá|bílá|fialová|růžová
sexes: muž|žena
marital: svobodný|ženatý|vdaná|rozvedený|ovdovělý
weekdays: pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle
months: leden|únor|březen|duben|květen|červen|červenec|srpen|září|říjen|listopad|prosinec
products: Kofola 2 l|Plzeňský Prazdroj 0,5 l|Tatranka|Boty Baťa|Školní batoh|Kolo Author|Křišťálová váza|Jablečný mošt|Židle Tereza|Olomoucké tvarůžky
diagnoses: Vysoký krevní tlak|Cukrovka 2. typu|Astma|Bolest zad|Parkinsonova nemoc|Crohnova nemoc|Chřipka|Migréna
companies: Škoda Auto a.s.|Novák a syn s.r.o.|Česká spořitelna|Baťa|Pekařství Svoboda|ČEZ|Kaufland|Agrofert|Tesla Pardubice|Řeznictví Dvořák
yesno: ano|ne
comments: Zákazník žádá o zpětné zavolání zítra ráno.|Zásilka dorazila poškozená.|Pacient bez obtíží, kontrola za půl roku.|Ve smlouvě chybí podpis.|Prosím znovu zaslat fakturu.
columns.name: jmeno_a_prijmeni|Celé jméno|Jméno a příjmení|zakaznik
columns.first_name: jmeno|Jméno|krestni_jmeno
columns.last_name: prijmeni|Příjmení|rodne_prijmeni
columns.username: uzivatel|uzivatelske_jmeno|login
columns.email: email|e-mail|emailova_adresa
columns.phone: telefon|mobil|telefonni_cislo
columns.address: adresa|bydliste|Ulice a číslo|trvale_bydliste
columns.iban: iban|cislo_uctu|IBAN
columns.card: cislo_karty|kreditni_karta|Číslo karty
columns.national_id: rodne_cislo|Rodné číslo|rc
columns.ip: ip|ip_adresa|IP adresa
columns.mac: mac|mac_adresa|MAC
columns.url: url|web|webova_stranka
columns.coordinates: souradnice|gps_poloha|poloha
columns.latitude: zemepisna_sirka|lat|zeměpisná šířka
columns.uuid: uuid|guid|uuid_spisu
columns.cities: mesto|obec
columns.countries: zeme|stat
columns.jobs: povolani|profese
columns.departments: oddeleni|usek
columns.products: produkt|nazev_produktu
columns.companies: firma|zamestnavatel
columns.comments: poznamka|komentar
columns.postcodes: psc|PSČ

== el_GR
first: Γιώργος|Δημήτρης|Κωνσταντίνος|Νίκος|Ιωάννης|Παναγιώτης|Βασίλης|Χρήστος|Αθανάσιος|Μιχάλης|Ευάγγελος|Σπύρος|Στέλιος|Θοδωρής|Ηλίας|Λεωνίδας|Σταύρος|Αντώνης|Γεράσιμος|Μανώλης|Αρτέμης|Μαρία|Ελένη|Κατερίνα|Βασιλική|Σοφία|Αγγελική|Γεωργία|Δήμητρα|Παναγιώτα|Ιωάννα|Φωτεινή|Δέσποινα|Κυριακή|Χρυσούλα|Αναστασία|Ευαγγελία|Ζωή|Ουρανία|Σταυρούλα|Αφροδίτη|Πηνελόπη
last: Παπαδόπουλος|Παπαδοπούλου|Γεωργίου|Ιωάννου|Νικολαΐδης|Δημητρίου|Οικονόμου|Βασιλείου|Μακρής|Κωνσταντινίδης|Παππάς|Σαμαράς|Αλεξίου|Καραμανλής|Τσίπρας|Μητσοτάκης|Θεοδωράκη|Χατζηδάκις|Καζαντζάκης|Σεφέρη|Ελύτης|Κόκκινος|Σιδέρης|Ραπτόπουλος|Μυλωνάς|Βλάχος|Αρβανίτης|Κρητικός|Χότζα|Ζαχαρίου|Λαμπρόπουλος|Μιχαηλίδης|Αναγνώστου|Σταματόπουλος|Καλογεράκης|Δούκας|Φραγκούλης|Τζαβέλλας|Κολοκοτρώνης|Μπότσαρης|Ξανθόπουλος|Ψαρράς
streets: Ερμού|Πανεπιστημίου|Λεωφόρος Κηφισίας|Βενιζέλου|Αγίου Δημητρίου|Πατησίων|Μεγάλου Αλεξάνδρου|Ρήγα Φεραίου|Κολοκοτρώνη|Εγνατία|25ης Μαρτίου|Πλατεία Συντάγματος
cities: Αθήνα|Θεσσαλονίκη|Πάτρα|Ηράκλειο|Λάρισα|Βόλος|Ιωάννινα|Χανιά|Καβάλα|Ρόδος|Καλαμάτα|Κέρκυρα|Σπάρτη|Άρτα|Δράμα
countries: Ελλάδα|Κύπρος|Αλβανία|Βουλγαρία|Τουρκία|Ιταλία|Γερμανία|Γεωργία|Ρουμανία|Ουκρανία|Αίγυπτος|Γαλλία
jobs: νοσοκόμα|δάσκαλος|οδηγός|γιατρός|δικηγόρος|λογιστής|μηχανικός|μάγειρας|ψαράς|ράφτης|πωλήτρια|ηλεκτρολόγος|αγρότης|κομμώτρια|χτίστης
departments: Προσωπικό|Λογιστήριο|Προμήθειες|Καρδιολογική|Επείγοντα|Νομική υπηρεσία|Πωλήσεις|Αποθήκη
colours: κόκκινο|μπλε|πράσινο|κίτρινο|μαύρο|άσπρο|μωβ|ροζ
sexes: άνδρας|γυναίκα
marital: άγαμος|έγγαμος|διαζευγμένος|χήρος
weekdays: Δευτέρα|Τρίτη|Τετάρτη|Πέμπτη|Παρασκευή|Σάββατο|Κυριακή
months: Ιανουάριος|Φεβρουάριος|Μάρτιος|Απρίλιος|Μάιος|Ιούνιος|Ιούλιος|Αύγουστος|Σεπτέμβριος|Οκτώβριος|Νοέμβριος|Δεκέμβριος
products: Ελαιόλαδο 1 λ|Φέτα 400 γρ.|Καφές Λουμίδης|Γραφείο ξύλινο|Ούζο Πλωμάρι|Σακίδιο πλάτης|Μέλι θυμαρίσιο|Ποδήλατο 26''|Παπούτσια αθλητικά|Σοκολάτα ΙΟΝ
diagnoses: Υπέρταση|Διαβήτης τύπου 2|Άσθμα|Οσφυαλγία|Νόσος Πάρκινσον|Γρίπη|Ημικρανία|Νόσος Κρον
companies: ΟΤΕ|Αφοί Παπαδόπουλοι Α.Ε.|Εθνική Τράπεζα|Γιώτης|Φούρνος Βενέτης|Μυτιληναίος|Σκλαβενίτης|ΔΕΗ|Νίκας Α.Ε.|Ίον
yesno: ναι|όχι
comments: Ο πελάτης ζητά να τον καλέσουμε αύριο.|Η παράδοση άργησε αλλά ήταν εντάξει.|Ασθενής χωρίς ενοχλήματα, έλεγχος σε έξι μήνες.|Λείπει η υπογραφή από το συμβόλαιο.|Να σταλεί ξανά το τιμολόγιο.
columns.name: ονοματεπώνυμο|Ονοματεπώνυμο|πελάτης|onomateponymo
columns.first_name: όνομα|Όνομα|onoma
columns.last_name: επώνυμο|Επώνυμο|eponymo
columns.username: όνομα_χρήστη|username|χρήστης
columns.email: email|ηλεκτρονικό ταχυδρομείο|e-mail
columns.phone: τηλέφωνο|κινητό|Τηλέφωνο επικοινωνίας|tilefono
columns.address: διεύθυνση|Διεύθυνση κατοικίας|dieythinsi|οδός
columns.iban: iban|IBAN|τραπεζικός_λογαριασμός
columns.card: αριθμός_κάρτας|πιστωτική_κάρτα|card_number
columns.national_id: ΑΜΚΑ|amka|αμκα
columns.ip: ip|διεύθυνση_ip|IP
columns.mac: mac|διεύθυνση_mac|MAC
columns.url: url|ιστοσελίδα|website
columns.coordinates: συντεταγμένες|gps|θέση
columns.latitude: γεωγραφικό_πλάτος|lat|Γεωγραφικό πλάτος
columns.uuid: uuid|guid|UUID
columns.cities: πόλη|δήμος
columns.countries: χώρα|χώρα_γέννησης
columns.jobs: επάγγελμα|θέση_εργασίας
columns.departments: τμήμα|κλινική
columns.products: προϊόν|όνομα_προϊόντος
columns.companies: εταιρεία|επωνυμία_εταιρείας
columns.comments: σχόλια|παρατηρήσεις
columns.postcodes: ΤΚ|ταχυδρομικός_κώδικας
"""


def _parse(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    words: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in filter(None, text.splitlines()):
        if line.startswith("=="):
            locale = line[3:]
            words[locale] = {}
        else:
            key, values = line.split(": ", 1)
            words[locale][key] = tuple(values.split("|"))
    return words


WORDS = _parse(TEXT)
"""Lists by locale and key; people of ja_JP as "written:romanised"."""

PATTERNS = {
    "icd10": "?##.#", "diagnosis_code": "?##", "atc": "?##??##", "loinc": "#####-#", "order_no": "########",
    "invoice_number": "20##-#####", "tracking_no": "1Z******##########", "booking_ref": "******", "x11": "############",
    "order_id": "##########", "case_number": "################", "sku": "???-####-?", "part_no": "##-####-###",
    "tail_number": "N####?", "licence_code": "?????-?????-?????-?????", "flight_no": "?? ###", "seat": "##?",
    "naics": "5#####", "sha256": "!" * 64, "sha1": "!" * 40, "md5": "!" * 32, "git_commit": "!!!!!!!", "trace": "!" * 16,
    "app_version": "#.#.#", "build": "10.0.####.#", "chrome": "11#.0.5###.1##", "duration": "0#:1#:2#", "ratio": "#:#",
    "blood_pressure": "1##/8#", "score": "#/10", "x3": "##.#", "temperature_range": "1#.#-2#.#", "resolution": "1##0x7#0",
    "hex_colour": "#!!!!!!", "batch": "L2#-###", "room": "?.###", "shelf": "??-##-##", "gate": "?##", "voucher": "****-****-****",
    "x9": "###-##-##", "plate_format": "?##", "contract": "V-20##-######", "swift": "????DE##", "gene": "???#", "rs_id": "rs#######",
    "cas_number": "####-##-#", "postal_sector": "??# #", "grid_square": "??####", "playlist": "PL!!!!!!!!!!!!", "bbox": "0.####,0.####",
    "vat_rate": "1#%", "semver": "v#.1#.#", "hs_code": "####.##.##", "doi": "10.1###/j.?????.20##.0#.###", "lot": "########?",
    "dewey": "###.##", "x14": "????", "x15": "????-####", "wavelength": "### nm", "file_size": "## MB", "lap_time": "1:##.###",
    "ticket": "INC#######", "jira": "TWIN-###", "reading": "#####.##", "serial": "*********", "promo": "SAVE##", "rating": "#.#",
}  # fmt: skip
"""Codes by column name: # digit, ? capital, * either, ! hexadecimal."""

CATEGORIES = {
    "product_name": "iPhone 14|Galaxy S22|Pixel 7|Kindle Paperwhite|Alexa Echo Dot|Jack Wolfskin Jacket|Martha Stewart Pan Set",
    "company_name": "Apple|Siemens|Johnson & Johnson|Procter & Gamble|Deutsche Bank|McKinsey|Ernst & Young|Philip Morris",
    "city_name": "Florence|Paris|Madison|Lincoln|Victoria|Adelaide|San Jose|Santiago|Charlotte|Jackson|St. Petersburg",
    "filename": "report_final.pdf|IMG_2041.jpg|data.csv|notes.docx|backup.tar.gz|anna_draft.txt|main.py",
    "hostname": "web-prod-01|db-02|mail-gw|srv-backup|lab-pc-17|printer-3|node04",
    "card_type": "Visa|Mastercard|American Express|Maestro|Diners Club",
    "phone_model": "iPhone 13|Nokia 3310|Samsung A52|Huawei P30|Xiaomi Mi 11",
    "address_type": "home|work|billing|shipping", "ip_rating": "IP54|IP65|IP67|IP68", "passport_class": "P|D|S|E",
    "account_type": "savings|checking|loan|credit card", "email_provider": "gmail|yahoo|outlook|icloud|proton",
    "station_name": "Paddington|Gare du Nord|Wien Westbahnhof|Victoria|St Pancras|Termini|Montparnasse",
    "airport_name": "John F. Kennedy|Charles de Gaulle|Leonardo da Vinci|O'Hare|Schiphol|Heathrow|Franz Josef Strauss",
    "university": "Johns Hopkins University|Università di Bologna|ETH Zürich|Stanford University|Karl-Franzens-Universität",
    "species": "Homo sapiens|Quercus robur|Canis lupus|Felis catus|Pinus nigra|Bellis perennis", "iata": "JFK|LHR|VIE|CDG|NRT|GRU",
    "flower": "Rose|Lily|Iris|Jasmine|Daisy|Violet|Heather|Dahlia|Marigold|Poppy", "currency": "EUR|USD|GBP|JPY|CHF|SEK|PLN",
    "country_code": "AT|DE|FR|US|JP|BR|SE|IT|ES", "language_name": "German|English|French|Japanese|Polish|Dutch|Greek",
    "sentiment": "positive|neutral|negative", "log_level": "DEBUG|INFO|WARNING|ERROR", "tag": "new|sale|vip|archived|spam",
    "drug_name": "metformin|ibuprofen|atorvastatin|amoxicillin|levothyroxine|Marcumar|Lisinopril",
    "sports_team": "Boston Red Sox|FC Bayern|Real Madrid|Ajax|Rapid Wien|Juventus|Washington Nationals",
    "airline": "Lufthansa|Ryanair|Air France|Delta|KLM|Iberia|Austrian", "blood_group": "A+|0-|AB+|B-", "size": "XS|S|M|L|XL",
    "dog_breed": "Jack Russell Terrier|Labrador|St. Bernard|King Charles Spaniel|Cane Corso", "education": "BSc|MSc|PhD|High school",
    "unit": "Newton|Watt|Pascal|Kelvin|Joule|Ampere", "name_suffix": "Jr.|Sr.|II|III", "salutation": "Mr|Mrs|Ms|Dr",
    "school_name": "Lincoln Elementary|Washington High|St. Mary's|Goethe-Gymnasium|Lycée Victor Hugo|Martin Luther School",
    "hospital_name": "Charité|Mayo Clinic|St. Thomas' Hospital|AKH Wien|Mount Sinai", "browser": "Chrome|Firefox|Safari|Edge|Opera",
    "mime": "text/html|image/png|application/json", "path": "/usr/lib|/home|/var/log/syslog|C:\\Temp", "method": "GET|POST|PUT",
    "region": "North|South|East|West", "religion": "none|catholic|protestant|muslim|jewish|orthodox", "wine": "Riesling|Merlot|Pinot Noir",
    "car_make": "Mercedes|Ford|Ferrari|Skoda|Chevrolet|Porsche|Lancia", "car_model": "Golf|Fiesta|Clio|Giulia|Octavia|Zoe|Mégane",
    "street_type": "road|avenue|lane|square", "contact_reason": "complaint|order|question|thanks", "user_role": "admin|editor|viewer",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)|Mozilla/5.0 (iPhone; CPU iPhone OS 16_0)|curl/7.81.0", "ip_version": "IPv4|IPv6",
    "first_symptom": "cough|fever|headache|rash", "last_action": "login|logout|purchase|search", "url_scheme": "http|https|ftp",
    "genre": "drama|comedy|thriller|science fiction", "project_name": "Apollo|Gemini|Mercury|Phoenix|Orion", "timezone": "Europe/Vienna|UTC",
    "chess_opening": "Queen's Gambit|Ruy Lopez|Caro-Kann|King's Indian", "element": "Helium|Iron|Gold|Curium|Einsteinium",
    "team_name": "Platform|Growth|Search|Payments", "plan_name": "basic|premium|family", "column_name": "age|sex|income|city",
    "domain_category": "news|shopping|social", "phone_brand": "Nokia|Samsung|Apple", "event_name": "click|scroll|purchase|page_view",
    "grade": "A|B|C|D|F", "position_held": "junior|senior|lead", "mac_os_version": "Monterey|Ventura|Sonoma", "exam": "ja|no|?",
}  # fmt: skip
"""Values by column name, for lists that show no one language."""
