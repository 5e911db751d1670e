package dev.slipway.graph;

import java.util.Set;

/** Reads the tokens of the text form of graphs. Not thread-safe. */
final class GraphScanner {
  private static final Set<String> KEYWORDS = Set.of("_", "graph", "meta", "input", "constant", "output");

  private final String text;
  private int position;

  GraphScanner(String text) {
    this.text = text;
  }

  /** Whether a name may stand without quotes. */
  static boolean isIdentifier(String name) {
    if (name.isEmpty() || !isStart(name.charAt(0)) || KEYWORDS.contains(name)) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      if (!isPart(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isStart(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '?' || c == '%';
  }

  private static boolean isPart(char c) {
    return isStart(c) || c >= '0' && c <= '9' || c == '.' || c == '~' || c == '/';
  }

  /** The next character behind white space and comments, or 0 at the end. */
  char peek() {
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == '/' && text.startsWith("//", position)) {
        int end = text.indexOf('\n', position);
        position = end < 0 ? text.length() : end;
      } else if (Character.isWhitespace(c)) {
        position++;
      } else {
        return c;
      }
    }
    return 0;
  }

  boolean accept(char c) {
    if (peek() != c) {
      return false;
    }
    position++;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) {
      throw error("'" + c + "'");
    }
  }

  /** Whether a word comes next that stands for itself, not in quotes; it is read then. */
  boolean acceptWord(String word) {
    peek();
    int end = position + word.length();
    if (!text.startsWith(word, position) || end < text.length() && isPart(text.charAt(end))) {
      return false;
    }
    position = end;
    return true;
  }

  /** A word without quotes. */
  String word(String expected) {
    if (!isStart(peek())) {
      throw error(expected);
    }
    int begin = position;
    while (position < text.length() && isPart(text.charAt(position))) {
      position++;
    }
    return text.substring(begin, position);
  }

  /** A word or a quoted string. */
  String name(String expected) {
    return peek() == '"' ? quoted() : word(expected);
  }

  String quoted() {
    expect('"');
    int begin = position;
    int end = text.indexOf('"', position);
    int escape = text.indexOf('\\', position);
    if (end >= 0 && (escape < 0 || escape > end)) {
      position = end + 1;
      return text.substring(begin, end);
    }
    StringBuilder string = new StringBuilder();
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c == '"') {
        return string.toString();
      }
      string.append(c == '\\' ? escaped() : c);
    }
    position = begin;
    throw error("a closing quote");
  }

  private char escaped() {
    char c = position < text.length() ? text.charAt(position++) : 0;
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case '"', '\\' -> c;
      case 'u' -> {
        if (position + 4 > text.length()) {
          throw error("four hexadecimal digits");
        }
        position += 4;
        yield (char) Integer.parseInt(number(text.substring(position - 4, position), "[0-9a-fA-F]{4}"), 16);
      }
      default -> throw error("one of \\n \\r \\t \\\" \\\\ \\u0000");
    };
  }

  private String number(String digits, String pattern) {
    if (!digits.matches(pattern)) {
      throw error("four hexadecimal digits");
    }
    return digits;
  }

  /** The characters of a number: digits, signs, point, exponent, {@code inf} and {@code nan}. */
  String number() {
    peek();
    int begin = position;
    while (position < text.length() && isNumeric(text.charAt(position))) {
      position++;
    }
    if (begin == position) {
      throw error("a number");
    }
    return text.substring(begin, position);
  }

  private static boolean isNumeric(char c) {
    return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || "eEinfa".indexOf(c) >= 0;
  }

  long integer() {
    peek();
    int begin = position;
    if (position < text.length() && text.charAt(position) == '-') {
      position++;
    }
    while (position < text.length() && Character.isDigit(text.charAt(position))) {
      position++;
    }
    try {
      return Long.parseLong(text, begin, position, 10);
    } catch (NumberFormatException e) {
      position = begin;
      throw error("an integer");
    }
  }

  int position() {
    return position;
  }

  /** An error at the current position. */
  InvalidGraphException error(String expected) {
    peek();
    int end = position;
    while (end < text.length() && end < position + 20 && !Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    String found = position >= text.length()
        ? "the end"
        : "'" + text.substring(position, Math.max(end, position + 1)) + "'";
    return error(position, found, expected);
  }

  /** An error at a position read before. */
  InvalidGraphException error(int at, String found, String expected) {
    int line = 1;
    int begin = 0;
    for (int i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
      line++;
      begin = i + 1;
    }
    return new InvalidGraphException(
        "line " + line + ", column " + (at - begin + 1) + ": " + found + " (expected: " + expected + ")");
  }
}
