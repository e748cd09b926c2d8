"""Other choices, ticked services, tiles below the button and rows of quantities are none of the product's price."""

import pytest

from services.pricing_watch.reading.tiers import tiers
from services.pricing_watch.records import Kind, Obstacle
from tests.pricing_watch.reading.pages import BUY, HEADING, json_ld, offer, read

CHOICES = {
    "pressed": "<button aria-pressed='true'>Solo</button><button>With lens <span>€ 149,90</span></button>",
    "current": "<a class='v' aria-current='page'>S</a><a class='v' href='?v=2'>L <em>149,90 €</em></a>",
    "checked by role": "<ul><li role='radio' aria-checked='true'>Oak</li>"
    "<li role='radio' aria-checked='false'>Ash 149,90 €</li></ul>",
    "selected by class": "<ul><li class='is-selected'>Kurz</li><li>Lang 149,90 €</li></ul>",
    "checked": "<label><input type=radio name=a checked> Eins</label>"
    "<label><input type=radio name=a> Zwei 149,90 €</label>",
    "checked by id": "<input type=radio name=a id=x checked><label for=x>Uno</label>"
    "<input type=radio name=a id=y><label for=y>Due 149,90 €</label>",
    "a box to tick": "<label><input type=checkbox> Gold plan, three years, 149,90 €</label>",
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
def test_what_is_not_chosen_is_not_the_price(choice: str) -> None:
    assert read(f"{HEADING}<p>129,90 €</p><div>{choice}</div>{BUY}", lang="de").price_minor == 12990


def test_without_a_choice_both_could_be_meant() -> None:
    choice = "<button>Solo € 129,90</button><button>With lens <span>€ 149,90</span></button>"
    assert read(f"{HEADING}<div>{choice}</div>{BUY}", lang="de").price_minor is None


def test_two_that_are_called_chosen_say_nothing() -> None:
    choice = "<ul><li class='active'>Kurz 129,90 €</li><li class='active'>Lang 149,90 €</li></ul>"
    assert read(f"{HEADING}<div>{choice}</div>{BUY}", lang="de").price_minor is None


@pytest.mark.parametrize(
    "words", ["Players also grabbed", "Noch mehr Schönes", "Toujours chez nous", "Dal nostro forno"]
)
def test_tiles_below_the_button(words: str) -> None:
    tiles = (
        "<div><span>Candle Nova</span><span>19,90 €</span></div><div><span>Bowl Aster</span><span>24,90 €</span></div>"
    )
    reading = read(f"<div>{HEADING}<p>129,90 €</p>{BUY}<h3>{words}</h3>{tiles}</div>", lang="de")
    assert reading.price_minor == 12990


@pytest.mark.parametrize("words", ["Choose your size", "Größen", "Nos tarifs", "Varianti"])
def test_the_products_own_choices_below_the_button_count(words: str) -> None:
    tiles = (
        "<div><span>Small one</span><span>129,90 €</span></div><div><span>Large one</span><span>149,90 €</span></div>"
    )
    reading = read(f"<div>{HEADING}<p>129,90 €</p>{BUY}<h3>{words}</h3>{tiles}</div>", lang="de")
    assert reading.price_minor is None


TABLES = {
    "ranges": ("1 - 4", "5 - 9", "10+"),
    "German": ("Bis 4", "Bis 9", "Ab 10"),
    "French": ("1 à 4", "5 à 9", "10 et plus"),
    "Italian": ("1-4 pz", "5-9 pz", "da 10 pz"),
    "Dutch": ("vanaf 1", "vanaf 5", "vanaf 10"),
    "Spanish": ("1 a 4 uds", "5 a 9 uds", "10 o más"),
}


def table(heads: tuple[str, ...], cell: str = "<td>{}</td>") -> str:
    rows = "".join(
        f"<tr><td>{head}</td>{cell.format(price)}</tr>"
        for head, price in zip(heads, ("14,90 €", "13,90 €", "12,90 €"), strict=True)
    )
    return f"<table><tr><th>#</th><th>€</th></tr>{rows}</table>"


@pytest.mark.parametrize("heads", TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("cell", ["<td>{}</td>", "<td><div>{}</div></td>"])
def test_who_buys_one_pays_what_the_first_row_says(heads: tuple[str, ...], cell: str) -> None:
    assert read(f"{HEADING}{table(heads, cell)}{BUY}", lang="de").price_minor == 1490


def test_offers_for_several_in_the_data_are_not_taken() -> None:
    offers = ",".join(
        f'{{"@type":"Offer","price":"{price}","priceCurrency":"EUR"}}' for price in ("12.90", "13.90", "14.90")
    )
    head = json_ld(f'{{"@type":"Product","name":"Lamp Luna","offers":[{offers}]}}')
    assert read(f"{HEADING}{table(TABLES['German'])}{BUY}", head=head, lang="de").price_minor == 1490


def test_the_lowest_row_as_the_price_in_the_data_is_refused() -> None:
    reading = read(f"{HEADING}{table(TABLES['French'])}{BUY}", head=offer(price="12.90"), lang="fr")
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.AMBIGUOUS)


def test_a_table_that_begins_with_several_has_no_price_of_one() -> None:
    assert read(f"{HEADING}{table(('5 - 9', '10 - 19', '20+'))}{BUY}", lang="de").price_minor is None


def test_rows_that_do_not_rise_are_no_quantities() -> None:
    assert tiers(["5 - 9  1 €", "1 - 4  2 €"]) == {}
    assert tiers(["1 - 4  1 €", "Words", "Words", "Words", "5 - 9  2 €"]) == {}


def test_offers_with_names_of_colours_are_one_product() -> None:
    offers = ",".join(
        f'{{"@type":"Offer","sku":"L{name}","name":"{name}","price":"129.90","priceCurrency":"EUR"}}'
        for name in ("rood", "blauw")
    )
    head = json_ld(f'{{"@type":"Product","name":"Lamp Luna","offers":[{offers}]}}')
    reading = read(f"{HEADING}<p>€ 129,90</p>{BUY}", head=head, lang="nl")
    assert (reading.price_minor, reading.kind) == (12990, Kind.VARIANTS)


FIELDS = {
    "a list": "<select name='attribute_colour'><option>Red</option><option>Blue</option></select>",
    "radio buttons": "<fieldset><legend>Farbe</legend>"
    "<input type=radio name=f checked><input type=radio name=f></fieldset>",
    "swatches": "<div class='taglia'><button class='swatch'>A</button><button class='swatch'>B</button></div>",
}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_a_field_for_a_size_or_a_colour_makes_variants(field: str) -> None:
    assert read(f"<div>{HEADING}<p>129,90 €</p>{field}{BUY}</div>", lang="de").kind is Kind.VARIANTS


def test_a_quantity_is_no_variant() -> None:
    field = "<label>Menge</label><select name='qty'><option>1</option><option>2</option></select>"
    assert read(f"<div>{HEADING}<p>129,90 €</p>{field}{BUY}</div>", lang="de").kind is Kind.SINGLE


@pytest.mark.parametrize(
    "line",
    [
        "ODR : 50,00 € remboursés par la marque",
        "Permuta: CHF 50.00",
        "Coverage for three years, 50,00 €",
        "Siehe auch: Lampe Sol 50,00 €",
        "Geräteschutz für 50,00 €",
        "Inzahlungnahme 50,00 €",
        "Vendu séparément : 50,00 €",
    ],
)
def test_amounts_beside_the_price(line: str) -> None:
    assert read(f"{HEADING}<p>129,90 €</p><p>{line}</p>{BUY}", lang="fr").price_minor == 12990
