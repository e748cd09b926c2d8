"""What shops tell visitors where a page is no product's, or shows no price: phrases in the languages of `words`.

Each is a pattern to be searched for in a title, a heading or a short line.
"""

import re


def _pattern(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


NOT_FOUND = _pattern(
    r"(?:error|erreur|fehler|errore)\s*:?\s*404",
    r"404\s*[-–|:]?\s*(?:error|erreur|not found|page|seite|pagina|$)",
    r"^\W*404\W*$",
    r"(?:page|product|item|article) (?:not|cannot be|could not be|can['’]t be|was not) found",
    r"page (?:introuvable|non trouvée|inexistante)",
    r"(?:seite|produkt|artikel) (?:wurde )?(?:leider )?nicht (?:mehr )?gefunden",
    r"pagina (?:non trovata|niet gevonden)",
    r"(?:produit|article) introuvable",
    r"prodotto non trovato",
    r"página no encontrada",
    r"producto no encontrado",
    r"we (?:can['’]t|couldn['’]t|could not) find (?:that|the|this) (?:page|product|item)",
    r"nothing (?:was )?found",
    r"this page (?:doesn['’]t|does not|no longer) exists?",
    r"cette page n['’]existe (?:plus|pas)",
    r"diese seite (?:existiert|gibt es) nicht",
)
VANISHED = _pattern(
    r"(?:product|item|article|listing|offer|model) (?:is |has been |was )?(?:no longer (?:available|sold|"
    r"offered|for sale|in our)|"
    r"discontinued|removed|withdrawn)",
    r"(?:has been|is|was) discontinued",
    r"no longer (?:sell|stock|carry|offer) this",
    r"this listing (?:has )?ended",
    r"(?:produit|article|modèle|annonce|référence) (?:n['’]est|n['’]existe) (?:malheureusement )?plus",
    r"n['’]est plus (?:disponible|commercialisé|proposé|vendu|en vente|au catalogue)",
    r"produit (?:arrêté|supprimé|retiré)",
    r"(?:artikel|produkt|angebot|modell) (?:ist |wird )?(?:leider |derzeit )?nicht mehr (?:verfügbar|lieferbar|"
    r"erhältlich|im sortiment|angeboten)",
    r"nicht mehr (?:lieferbar|erhältlich|im sortiment|im angebot)",
    r"existiert nicht mehr",
    r"(?:prodotto|articolo) (?:non è|non e['’]) più",
    r"non è più (?:disponibile|in vendita|in produzione|acquistabile)",
    r"(?:producto|artículo) ya no",
    r"ya no está (?:disponible|a la venta)",
    r"producto descatalogado",
    r"(?:product|artikel) is niet (?:meer|langer)",
    r"niet meer (?:leverbaar|verkrijgbaar|beschikbaar|te koop)",
    r"uit (?:ons|het) assortiment",
    r"(?:har utgått|utgått ur sortimentet|säljs inte längre|finns inte längre)",
    r"(?:produkt|artykuł|towar) (?:został wycofany|nie jest już)",
    r"wycofan[yoa] (?:z|ze) (?:oferty|sprzedaży)",
    r"販売(?:を)?終了|取り?扱い(?:を)?終了|生産終了",
)
WALL_TITLE = _pattern(
    r"^just a moment",
    r"attention required",
    r"access (?:to this page has been )?denied",
    r"robot check",
    r"are you (?:a )?(?:robot|human)",
    r"pardon our interruption",
    r"human verification",
    r"security (?:check|verification)",
    r"verif(?:y|ying) (?:that )?you are (?:a )?human",
    r"ddos",
    r"bot (?:verification|detection)",
    r"captcha",
    r"sicherheits(?:über|ab)prüfung",
    r"vérification de sécurité",
    r"^request blocked",
    r"you have been blocked",
    r"^blocked$",
    r"unusual traffic",
    r"checking your browser",
    r"^403\b",
    r"forbidden",
    r"êtes-vous un robot",
    r"bist du ein roboter",
    r"sei umano",
    r"un momento",
)
WALL_TEXT = _pattern(
    r"verif(?:y|ying) (?:that )?you(?:['’]re| are) (?:a |not a )?(?:human|robot)",
    r"enter the characters you see",
    r"checking your browser",
    r"not a robot",
    r"unusual (?:traffic|activity)",
    r"automated (?:access|requests?)",
    r"complete the (?:captcha|security check)",
    r"press (?:&|and) hold",
    r"kein roboter",
    r"pas un robot",
    r"non sono un robot",
    r"no soy un robot",
    r"geen robot",
    r"you have been blocked",
    r"access denied",
    r"you don['’]t have permission to access",
    r"please enable (?:javascript|js) and disable",
)
WALL_SOURCE = _pattern(
    r"cf-challenge|challenge-platform/|_incapsula_resource|px-captcha|captcha-delivery\.com|cf_chl_|"
    r"awswafcookie|/_sec/cp_challenge"
)
SCRIPTS_NEEDED = _pattern(
    r"(?:enable|requires?|needs?|activate|turn on) (?:javascript|js)",
    r"javascript (?:is (?:required|disabled)|aktivieren|muss|doit)",
    r"activer javascript",
    r"abilita(?:re)? javascript",
    r"activar? javascript",
)
SIGN_IN_TITLE = _pattern(
    r"^\W*(?:log ?in|sign ?in|anmelde\w*|einloggen|connexion|se connecter|identifi\w+|accedi|login|"
    r"iniciar sesión|inloggen)\b"
)
WAITING = _pattern(
    r"you are (?:now )?in (?:line|the queue)",
    r"waiting (?:room|line)",
    r"virtual queue",
    r"queue[- ]?it\b",
    r"your (?:place|number|position) in (?:line|the queue)",
    r"estimated wait",
    r"file d['’]attente",
    r"salle d['’]attente",
    r"vous êtes (?:maintenant )?dans la file",
    r"warteschlange",
    r"warteraum",
    r"virtueller? warte",
    r"(?:lista|sala|coda) d['’](?:i )?attesa",
    r"sei in (?:coda|fila)",
    r"sala de espera",
    r"(?:está|estás) en (?:la )?(?:cola|fila)",
    r"wachtrij",
    r"wachtkamer",
    r"väntrum",
    r"poczekalni",
    r"順番待ち|待合室",
)
CLOSED = _pattern(
    r"maintenance",
    r"wartung(?:sarbeiten|smodus)?",
    r"(?:wird|werden) (?:\w+ ){0,2}gewartet",
    r"(?:gleich|bald|in kürze) (?:\w+ )?(?:wieder )?(?:für (?:sie|euch|dich) )?(?:da|zurück|online)\b",
    r"(?:nous )?(?:revenons|serons de retour|de retour) (?:très )?(?:bientôt|vite|dans)",
    r"(?:torniamo|torneremo|saremo di nuovo) (?:subito|presto|online)",
    r"volvemos (?:enseguida|pronto|en)",
    r"(?:zijn|komen) (?:zo |snel |straks )+(?:weer |terug)",
    r"メンテナンス",
    r"manutenzione",
    r"mantenimiento",
    r"onderhoud",
    r"we(?:['’]ll| will) be (?:right )?back",
    r"be right back",
    r"service (?:temporarily )?unavailable",
    r"temporarily unavailable",
    r"opening soon",
    r"coming soon",
    r"(?:internal )?server error",
    r"bad gateway",
    r"gateway time-?out",
    r"something went wrong",
    r"enter (?:store )?using password",
    r"momentanément indisponible",
    r"vorübergehend nicht erreichbar",
    r"too many requests",
)
CART = _pattern(
    r"(?:your |shopping )?(?:cart|basket|bag)(?: is (?:currently )?empty)?$",
    r"(?:dein|ihr)? ?warenkorb(?: ist leer)?$",
    r"(?:votre )?panier(?: est vide)?$",
    r"(?:il tuo )?carrello(?: è vuoto)?$",
    r"(?:tu )?(?:carrito|cesta)(?: está vac[ií]o)?$",
    r"winkelwagen(?: is leeg)?$",
)
SEARCH = _pattern(
    r"search results?",
    r"results for",
    r"suchergebnis\w*",
    r"résultats? (?:de recherche|pour)",
    r"risultati (?:di|della|per)",
    r"resultados (?:de|para)",
    r"zoekresultaten",
)
CONSENT = _pattern(r"cookies?\b|consent|datenschutz|einwilligung|confidentialité|privacy")
ON_REQUEST = _pattern(
    r"price (?:up)?on (?:request|application|enquiry)",
    r"call (?:us )?for (?:a )?pric",
    r"contact us for (?:a )?(?:price|quote)",
    r"request a quote",
    r"\bpoa\b",
    r"preise? auf anfrage",
    r"preis(?:e)? anfragen",
    r"prix sur (?:demande|devis)",
    r"sur devis",
    r"nous consulter",
    r"(?:prezzo )?su richiesta",
    r"richiedi (?:un )?preventivo",
    r"precio a consultar",
    r"consultar precio",
    r"prijs op aanvraag",
    r"pris på begäran",
    r"cena na zapytanie",
    r"sob consulta",
    r"価格はお問い合わせ|価格応相談",
)
_TO_SEE = r"(?:to|for) (?:see|view|show|access|get|reveal|display|your|our|the|trade|wholesale)"
SIGN_IN_FOR_PRICES = _pattern(
    rf"(?:log|sign) ?in (?:\w+ ){{0,3}}{_TO_SEE}?\s*(?:\w+ ){{0,3}}(?:prices?|pricing)",
    r"login (?:to|for) (?:\w+ ){0,2}prices?",
    r"prices? (?:are )?(?:only )?(?:visible|shown|available) (?:only )?(?:to|for|after|once)",
    r"(?:anmelden|einloggen)[, ]+um (?:\w+ ){0,2}preise",
    r"preise? (?:sehen sie |nur |sind )?(?:erst |nur )?nach (?:dem )?(?:login|anmeldung|einloggen)",
    r"preise? (?:\w+ ){0,2}(?:nur )?für (?:\w+ ){0,2}(?:händler|kunden|fachkunden|mitglieder)\b(?: \w+){0,2} sichtbar",
    r"(?:connectez-vous|identifiez-vous|se connecter) pour (?:voir|consulter|afficher|connaître)",
    r"(?:prix|tarifs?) (?:\w+ ){0,2}(?:réservée?s?|visibles?|accessibles?|affichée?s?) (?:\w+ ){0,2}(?:aux?|après)",
    r"(?:accedi|effettua il login|effettua l['’]accesso|registrati) per (?:vedere|visualizzare|conoscere)",
    r"prezzi (?:\w+ ){0,2}(?:visibili|riservati) (?:\w+ ){0,2}(?:a[lid]?|agli|dopo|solo)",
    r"inicia(?:r)? sesión para ver",
    r"precios? (?:\w+ ){0,2}(?:visibles?|reservados?|exclusivos?) (?:\w+ ){0,2}(?:para|a)\b",
    r"log ?in om (?:\w+ ){0,2}prijzen",
    r"inloggen (?:voor|om) (?:\w+ ){0,2}prijzen",
    r"prijzen (?:\w+ ){0,3}zichtbaar",
    r"logga in för (?:\w+ ){0,2}pris",
    r"zaloguj się,? (?:aby|żeby) (?:\w+ ){0,2}cen",
    r"会員(?:様)?(?:のみ|限定).{0,6}価格|ログイン(?:すると|して|後).{0,8}価格",
)
SUCCESSION = _pattern(
    r"success(?:or|eur)|successore",
    r"replaced by|\breplaces\b|has been replaced",
    r"remplac|nouvelle version",
    r"nachfolge|ersetzt|abgelöst",
    r"sostituit|sostituisce",
    r"sustituid|reemplazad|sucesor",
    r"opvolger|vervang",
    r"ersätt|efterträd",
    r"następc|zastąpi|後継",
    r"predecessor|prédécesseur|vorgänger|predecessore|voorganger",
)
"""That one product follows another."""
