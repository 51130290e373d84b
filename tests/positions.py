"""Three hundred positions with what is hard about real ones, and an archive of LinkedIn with them.

Titles are preferred labels of ESCO in four languages; employers are known ones whose names no rule
would take for a name; dates and places are written as LinkedIn and people write them.
"""

import csv
import io
import zipfile
from pathlib import Path

TITLES = """
software developer|data protection officer|civil engineer|nurse responsible for general care
registered nurse|primary school teacher|chief executive officer|electrician|head chef
market research analyst|supply chain manager|mobile application developer|hydrologist|train driver
user interface designer|ICT security manager|human resources manager|data scientist|shop assistant
développeur de logiciels|délégué à la protection des données|infirmière de soins généraux
ingénieure en génie civil|chef de cuisine|éducatrice de la petite enfance|conducteur de train
assistant de direction|responsable des ressources humaines|vendeur en magasin|ébéniste
chargée d'études de marché|géomètre-topographe|mécanicien/mécanicienne automobile|aide-soignante
Softwareentwickler/Softwareentwicklerin|Pflegefachfrau|Bauingenieurin|Küchenchef|Lokführer
Datenschutzbeauftragter|Primarlehrerin|Elektroinstallateur|Fachkraft für Lagerlogistik|Tischler
Personalleiter/Personalleiterin|Kaufmännische Angestellte|Kindergärtnerin|Vermessungsingenieur
sviluppatore di software|infermiera di assistenza generale|ingegnere civile|capocuoco|macchinista
responsabile delle risorse umane|insegnante di scuola primaria|addetto alle vendite|elettricista
responsabile della protezione dei dati|geometra|assistente di direzione|educatrice d'infanzia
"""
EMPLOYERS = """
adidas|trivago|Meta|bol.com|thyssenkrupp|3M|EPFL|ETH Zürich|Kanton Zürich|Ville de Lausanne
Société de banque suisse|eBay|easyJet|iRobot|zooplus|real,-|Yahoo!|McDonald's|L'Oréal|H&M|M&M's
Johnson & Johnson|PricewaterhouseCoopers|Ernst & Young (EY)|A.P. Møller - Mærsk|Citroën|C&A|SBB CFF FFS
Die Mobiliar|La Poste|Migros-Genossenschafts-Bund|Coop|Swisscom (Schweiz) AG|Nestlé S.A.|Roche
Ärzte ohne Grenzen|Stadt Bern|Région Île-de-France|Comune di Milano|Università della Svizzera italiana
"Weisses Rössl" Gastro GmbH|Müller, Meier & Partner|Smith, Jones, and Sons, Inc.|X|1&1|20 Minuten
トヨタ自動車株式会社|Яндекс|Ελληνικά Πετρέλαια|سامسونج|三星电子|Łódź Airport|Ørsted|Đuro Đaković
self-employed|freelance|Selbständig|Present Co.|May & Co.|Switzerland Tourism|2024 AG|Since 1291 GmbH
"""
PLACES = """
Lausanne, Vaud, Switzerland|Greater Zurich Area|Zürich und Umgebung|Région de Genève|Bern
Milano, Lombardia, Italia|Greater Paris Metropolitan Region|München, Bayern, Deutschland||Lugano
Basel Metropolitan Area|St. Gallen|La Chaux-de-Fonds, Neuchâtel, Suisse|東京都|Remote
"""
PERIODS = """
Jan 2019=2019-01=Mar 2021=2021-03|2019=2019=2022=2022|01/2019=2019-01=12/2020=2020-12
2019-01=2019-01=2020-11=2020-11|janv. 2019=2019-01=août 2021=2021-08|März 2019=2019-03=Dez. 2020=2020-12
Jan 2019=2019-01==|Sept 2018=2018-09=Present=|févr. 2020=2020-02=aujourd’hui=|Mai 2017=2017-05=heute=
gennaio 2016=2016-01=oggi=|15 Jan 2019=2019-01-15=30 Jun 2019=2019-06-30|2019-01-15=2019-01-15==
03.2018=2018-03=06.2019=2019-06|December 2015=2015-12=January 2016=2016-01|1999=1999=2003=2003
"""
COLUMNS = ("Company Name", "Title", "Description", "Location", "Started On", "Finished On")
COUNT = 300


def _listed(text: str) -> list[str]:
    return [part for line in text.strip("\n").split("\n") for part in line.split("|")]


def positions() -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """Return the row of each position in Positions.csv, and the fields that it means."""
    titles, employers, places, periods = map(_listed, (TITLES, EMPLOYERS, PLACES, PERIODS))
    found = []
    for number in range(COUNT):
        title, employer, place, period = (
            part[number * step % len(part)]
            for part, step in ((titles, 1), (employers, 7), (places, 11), (periods, 5))
        )
        start, start_is, end, end_is = period.split("=")
        told = f'Number {number}, "as agreed";\nand more, since 2010.' if number % 3 else ""
        fields = {"title": title, "employer": employer, "place": place, "start": start_is}
        fields |= {"end": end_is, "description": told}
        row = (employer, title, told, place, start, end)
        found.append((row, {name: value for name, value in fields.items() if value}))
    return found


def archive(path: Path) -> Path:
    """Write an archive of LinkedIn whose member has all these positions."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerows([COLUMNS, *(row for row, _ in positions())])
    profile = "First Name,Last Name,Headline,Geo Location\nAna Maria,Vautravers,Nurse & more,Bern\n"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("Positions.csv", table.getvalue())
        file.writestr("Profile.csv", profile)
    return path
