"""Keyword rules for English and Spanish: what a newsroom would write without a model.

Written from the codebook, and widened once after a look at their precision and recall on
the written passages.
"""

import re

import numpy as np
from numpy.typing import NDArray

from palermo.labels import LABELS
from palermo.text import fold

# Texts are folded: lower case, no accents.

_FIELD = re.compile(
    r"\b(?:e?migra(?:n|t|d|r|c)\w*|immigra\w*|inmigra\w*|refugees?|refugiad\w*|asylum|asilo|"
    r"smuggl\w*|traffick\w*|trata|tratantes?|coyotes?|polleros?|coyotaje|borders?|fronter\w*|"
    r"undocumented|indocumentad\w*|sin papeles|deport\w*|repatria\w*|pateras?|cayucos?|dinghy|"
    r"dinghies|forced labou?r|trabajo forzad\w*|trabajos forzados|slavery|esclavitud|"
    r"sexual exploitation|explotacion (?:sexual|laboral)|visas?|visados?|passports?|pasaportes?|"
    r"foreign (?:workers?|nationals?)|trabajador\w* extranjer\w*|unaccompanied|no acompanad\w*|"
    r"crossings?|returnees?|retornad\w*|displaced|desplazad\w*|brothels?|pimps?|proxenet\w*|"
    r"trafico (?:ilicito )?de (?:personas|migrantes|inmigrantes)|"
    r"traficantes? de (?:personas|migrantes|inmigrantes|seres))\b"
)
_PEOPLE = r"(?:people|persons|humans?|migrants?|immigrants?|aliens?|refugees?)"
_PERSONAS = r"(?:personas|migrantes|inmigrantes|seres humanos|indocumentados)"

# Each rule: the label, whether it says little without a word of the field, the expression.
_RULES = [
    (label, needs_field, re.compile(rf"\b(?:{expression})\b"))
    for label, needs_field, expression in (
        ("smuggling", False, rf"{_PEOPLE}[ -]smuggl\w*|smuggl\w* (?:of )?{_PEOPLE}"),
        ("smuggling", True, r"smuggl(?:ers?|ed|ing|e)"),
        ("smuggling", False, rf"trafic\w+ (?:ilicit[oa] )?(?:de|con) {_PERSONAS}"),
        ("smuggling", False, r"coyotes?|polleros?|snakeheads?|coyotaje|pateros?|chalequeros?"),
        ("smuggling", False, r"dingh(?:y|ies)|rubber boats?|pateras?|cayucos?|lancha neumatica"),
        ("smuggling", False, r"stash houses?|drop houses?|casas? de seguridad"),
        (
            "smuggling",
            False,
            r"cross(?:ed|ing|es)? (?:\w+ ){0,3}(?:border|river|desert|channel|sea|mediterranean)|"
            r"cruz\w+ (?:\w+ ){0,3}(?:frontera|rio|desierto|mar|mediterraneo|selva)",
        ),
        (
            "smuggling",
            True,
            r"(?:paid|pays?|paying|charg\w+|fees?|owed?|pag\w+|cobr\w+)\b.{0,40}"
            r"(?:[$€£]|\b(?:dollars|euros|pounds|pesos|dolares|quetzales))",
        ),
        (
            "smuggling",
            True,
            r"guides?|boats?|rafts?|lorr(?:y|ies)|trucks?|vans?|trailers?|hidden|"
            r"guias?|lanchas?|balsas?|camion(?:es)?|furgon\w*|trailers?|escondid\w+",
        ),
        (
            "smuggling",
            True,
            r"drown\w*|suffocat\w*|abandon\w*|left to die|overcrowded|ahog\w+|asfixi\w+|hacinad\w+",
        ),
        (
            "trafficking",
            False,
            r"(?:human|sex|labou?r|child|organ)[ -]traffick\w*|"
            r"traffick\w+ (?:in|of) (?:persons|people|women|children|girls|human beings)",
        ),
        ("trafficking", False, r"trata(?: de (?:personas|mujeres|blancas|menores))?|tratantes?"),
        ("trafficking", True, r"traffick(?:ers?|ed)"),
        (
            "trafficking",
            False,
            r"forced labou?r|(?:modern )?slave(?:ry|s)?|debt bondage|bonded labou?r|"
            r"(?:domestic )?servitude|(?:sexual|labou?r) exploitation|forced marriages?|"
            r"trabajos? forz\w+|esclav\w+|servidumbre|explotacion (?:sexual|laboral)|"
            r"matrimonios? forz\w+",
        ),
        (
            "trafficking",
            False,
            r"(?:took|take|kept|keep|held|hold|confiscat\w+|withh\w+) (?:away )?"
            r"(?:her|his|their|our|my|the|your) (?:passports?|papers|documents|phones?|wages|pay)|"
            r"(?:quit\w+|ret(?:uv|en)\w+|confisc\w+) (?:el|los|su|sus|la|las|nuestros) "
            r"(?:pasaportes?|documentos?|papeles|documentacion|salarios?)",
        ),
        (
            "trafficking",
            False,
            r"pimps?|brothels?|prostitut\w+|proxenet\w+|burdel(?:es)?|prostibulos?",
        ),
        (
            "trafficking",
            False,
            r"forced (?:(?:her|him|them|me|us|girls|women|children) )?(?:to|into) "
            r"(?:work|sell|beg\w*|prostitution|have sex|sex|steal)|"
            r"oblig\w+ a (?:trabajar|prostituirse|mendigar|robar|vender)",
        ),
        (
            "enforcement",
            True,
            r"arrest\w*|detain\w*|custody|raid(?:s|ed|ing)?|charged with|indict\w*|convict\w*|"
            r"sentenced|jail\w*|prosecut\w+|plead\w*|pleaded|extradit\w*|trial",
        ),
        (
            "enforcement",
            True,
            r"seiz(?:ed|ure|ures|ing)|rescued|intercept\w*|apprehen\w+|dismantl\w*|turned back|"
            r"patrols?|patrolled|police|coast ?guard|agents?|officers?|investigat\w+|deported",
        ),
        (
            "enforcement",
            True,
            r"deten(?:id|c|er)\w*|detuv\w+|arrest\w+|captur\w+|conden\w+|imput\w+|acusad\w+|"
            r"procesad\w+|fiscal(?:ia)?|juicio|extradi\w+|prision|sentenci\w+",
        ),
        (
            "enforcement",
            True,
            r"incaut\w+|decomis\w+|rescat\w+|intercept\w+|desarticul\w+|desmantel\w+|"
            r"allan\w+|redadas?|operativos?|policia\w*|guardia (?:civil|costera)|patrull\w+|"
            r"deportad\w+|investigac\w+",
        ),
        (
            "policy",
            True,
            r"laws?|bills?|acts?|legislat\w+|decrees?|executive orders?|treat(?:y|ies)|"
            r"protocols?|conventions?|directives?|regulations?|rules?|rulings?|ruled",
        ),
        (
            "policy",
            True,
            r"polic(?:y|ies)|governments?|ministers?|ministr(?:y|ies)|parliaments?|senat\w+|"
            r"congress|presidents?|administration|commission|united nations|quotas?|visas?",
        ),
        (
            "policy",
            True,
            r"program(?:me)?s?|funding|funds?|agreements?|prevention|campaigns?|training|"
            r"national plan|strategy|report|reforms?|walls?|camps?",
        ),
        (
            "policy",
            True,
            r"ley(?:es)?|decretos?|tratados?|protocolos?|convenios?|convencion|reglament\w+|"
            r"normas?|directivas?|legislaci\w+|tribunal (?:supremo|constitucional)|reformas?",
        ),
        (
            "policy",
            True,
            r"politicas?|gobiernos?|ministr\w+|parlament\w+|senad\w+|congreso|president\w+|"
            r"comision|naciones unidas|cuotas?|visados?|visas?",
        ),
        (
            "policy",
            True,
            r"programas?|financia\w+|fondos?|acuerdos?|prevencion|campanas?|capacita\w+|"
            r"plan nacional|estrategia|informe|muros?|campamentos?",
        ),
    )
]


def matches(texts: list[str]) -> NDArray[np.float64]:
    """Count the rules that match, by label; shape (n_texts, n_labels, 2).

    The last axis parts those that are sure from those that need a word of the field
    beside them and have none.
    """
    found = np.zeros((len(texts), len(LABELS), 2))
    for row, text in enumerate(map(fold, texts)):
        field = _FIELD.search(text) is not None
        for label, needs_field, expression in _RULES:
            if expression.search(text):
                found[row, LABELS.index(label), int(needs_field and not field)] += 1
    return found
