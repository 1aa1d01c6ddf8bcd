"""Makes the spreadsheets beside it, as programs of others write them. They are committed; to make them anew:

    python3 -m venv venv && venv/bin/pip install openpyxl==3.1.5 odfpy==1.4.1 xlsxwriter==3.3.1 && venv/bin/python make.py
"""

from pathlib import Path

from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import LineBreak, P, S
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from xlsxwriter import Workbook as SharedWorkbook

HERE = Path(__file__).parent
HEADINGS = ["Tema", "Idioma", "Respuesta", "Nota"]
SPANISH = ["library.hours", "es", "La biblioteca abre de 9 a 14 h; los sábados, no & «nunca».", "vista"]
CATALAN = ["library.hours", "ca", "La biblioteca obri\nde 9 a 14 h.", ""]


def xlsx():
    book = Workbook()
    sheet = book.active
    sheet.append(HEADINGS)
    sheet.append(SPANISH)
    sheet["A2"].comment = Comment("no es una celda", "Ana")
    for column, text in enumerate(CATALAN[:2], 1):
        sheet.cell(5, column, text)
    sheet["C5"] = CellRichText("La biblioteca ", TextBlock(InlineFont(b=True), "obri"), "\nde 9 a 14 h.")
    sheet["XFD1048576"] = "far away"
    book.create_sheet("Otra").append(["fine.pay", "es", "De otra hoja."])
    book.save(HERE / "answers.xlsx")


def shared_xlsx():
    """Excel keeps texts apart from the cells, as openpyxl does not."""
    book = SharedWorkbook(HERE / "shared.xlsx")
    sheet = book.add_worksheet()
    for number, line in enumerate([HEADINGS, SPANISH, [], [], CATALAN]):
        sheet.write_row(number, 0, line)
    sheet.write_rich_string(4, 2, "La biblioteca ", book.add_format({"bold": True}), "obri", "\nde 9 a 14 h.")
    book.close()


def ods():
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Respuestas")

    def row(*cells, **repeated):
        line = TableRow(**repeated)
        for cell in cells:
            line.addElement(cell)
        sheet.addElement(line)

    def cell(*paragraphs):
        made = TableCell(valuetype="string")
        for paragraph in paragraphs:
            made.addElement(P(text=paragraph))
        return made

    row(*map(cell, HEADINGS))
    noted = cell(SPANISH[0])
    note = Annotation()
    note.addElement(P(text="no es una celda"))
    noted.addElement(note)
    row(noted, *map(cell, SPANISH[1:]))
    row(TableCell(numbercolumnsrepeated=16384), numberrowsrepeated=2)
    broken = TableCell(valuetype="string")
    paragraph = P(text="La biblioteca")
    paragraph.addElement(S(c=1))
    paragraph.addText("obri")
    paragraph.addElement(LineBreak())
    paragraph.addText("de 9 a 14 h.")
    broken.addElement(paragraph)
    row(*map(cell, CATALAN[:2]), broken)
    row(TableCell(numbercolumnsrepeated=16384), numberrowsrepeated=1048571)
    book.spreadsheet.addElement(sheet)
    other = Table(name="Otra")
    line = TableRow()
    for text in ["fine.pay", "es", "De otra hoja."]:
        line.addElement(cell(text))
    other.addElement(line)
    book.spreadsheet.addElement(other)
    book.save(HERE / "answers.ods")


def csv():
    quoted = ['"' + text.replace('"', '""') + '"' for text in SPANISH], ['"' + text + '"' for text in CATALAN]
    lines = [";".join(HEADINGS), *(";".join(line) for line in quoted)]
    (HERE / "answers.csv").write_bytes("\r\n".join(lines).encode("windows-1252"))


xlsx()
shared_xlsx()
ods()
csv()
