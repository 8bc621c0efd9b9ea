import type { PDFFont } from "pdf-lib";

/** What the standard fonts can write (a part of Latin 1): another character is a question mark. */
export const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e\xa1-\xac\xae-\xff]/g, "?");

/** As much of a text as fits. */
export function fitted(font: PDFFont, text: string, size: number, width: number): string {
  if (font.widthOfTextAtSize(text, size) <= width) return text;
  let end = text.length;
  while (end > 0 && font.widthOfTextAtSize(`${text.slice(0, end)}...`, size) > width) end -= 1;
  return `${text.slice(0, end)}...`;
}

/** Lines of a text, broken at blanks; a word that is too long stands in a line of its own. */
export function wrapped(font: PDFFont, text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && font.widthOfTextAtSize(longer, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
