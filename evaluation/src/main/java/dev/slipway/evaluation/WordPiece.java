package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The tokeniser of BERT (Devlin et al., 2019), lower-casing: words at spaces and punctuation, accents dropped, each
 * word as the longest pieces that the vocabulary has. Immutable.
 *
 * @param vocabulary ids by piece; pieces that continue a word begin with {@code ##}
 * @param maxLength of a text in tokens, the special ones included; the rest is cut off
 */
public record WordPiece(Map<String, Integer> vocabulary, int maxLength) {
  private static final int LONGEST_WORD = 100;
  private static final String UNKNOWN = "[UNK]";
  private static final String FIRST = "[CLS]";
  private static final String LAST = "[SEP]";

  public WordPiece {
    vocabulary = Map.copyOf(vocabulary);
    for (String special : List.of(UNKNOWN, FIRST, LAST)) {
      if (!vocabulary.containsKey(special)) {
        throw new SlipwayException("vocabulary: no " + special + " (expected: one of BERT's)");
      }
    }
    if (maxLength < 2) {
      throw new SlipwayException("longest text: " + maxLength + " tokens (expected: >= 2)");
    }
  }

  /** Reads {@code vocab.txt}, a piece on each line, or {@code tokenizer.json} of Hugging Face. */
  public static WordPiece read(Path file, int maxLength) {
    return new WordPiece(file.toString().endsWith(".json") ? fromJson(file) : fromLines(file), maxLength);
  }

  private static Map<String, Integer> fromLines(Path file) {
    try {
      Map<String, Integer> vocabulary = new HashMap<>();
      for (String line : Files.readAllLines(file)) {
        vocabulary.putIfAbsent(line, vocabulary.size());
      }
      return vocabulary;
    } catch (IOException e) {
      throw new SlipwayException("vocabulary: " + file + " cannot be read as UTF-8 text: " + FileFailure.reason(e), e);
    }
  }

  /** JSON is YAML, as far as a vocabulary goes. */
  private static Map<String, Integer> fromJson(Path file) {
    YamlMap model = YamlMap.read(file).map("model");
    if (!model.text("type", "").equals("WordPiece")) {
      model.refuse("type", "WordPiece");
    }
    return model.integersByKey("vocab");
  }

  /** The ids of a text, between those of the first and the last token. */
  public Tokens tokens(String text) {
    List<Integer> ids = new ArrayList<>();
    ids.add(vocabulary.get(FIRST));
    for (String word : words(text)) {
      addPieces(word, ids);
    }
    List<Integer> kept = new ArrayList<>(ids.subList(0, Math.min(ids.size(), maxLength - 1)));
    kept.add(vocabulary.get(LAST));
    return new Tokens(kept);
  }

  private void addPieces(String word, List<Integer> ids) {
    int known = ids.size();
    int start = 0;
    while (start < word.length()) {
      Optional<String> piece = longestPiece(word, start);
      if (piece.isEmpty() || word.codePointCount(0, word.length()) > LONGEST_WORD) {
        ids.subList(known, ids.size()).clear();
        ids.add(vocabulary.get(UNKNOWN));
        return;
      }
      ids.add(vocabulary.get(piece.get()));
      start += piece.get().length() - (start == 0 ? 0 : 2);
    }
  }

  private Optional<String> longestPiece(String word, int start) {
    for (int end = word.length(); end > start; end--) {
      String piece = (start == 0 ? "" : "##") + word.substring(start, end);
      if (vocabulary.containsKey(piece)) {
        return Optional.of(piece);
      }
    }
    return Optional.empty();
  }

  /** Words and marks, in lower case and without accents; each ideograph is a word. */
  static List<String> words(String text) {
    StringBuilder spaced = new StringBuilder();
    Normalizer.normalize(clean(text), Normalizer.Form.NFD).toLowerCase(Locale.ROOT).codePoints().forEach(c -> {
      if (isPunctuation(c) || isIdeograph(c)) {
        spaced.append(' ').appendCodePoint(c).append(' ');
      } else if (Character.getType(c) != Character.NON_SPACING_MARK) {
        spaced.appendCodePoint(c);
      }
    });
    return List.of(spaced.toString().split(" ")).stream().filter(word -> !word.isEmpty()).toList();
  }

  /** Without control characters, all white space as spaces. */
  private static String clean(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints().forEach(c -> {
      int type = Character.getType(c);
      if (Character.isWhitespace(c) || type == Character.SPACE_SEPARATOR) {
        clean.append(' ');
      } else if (c != 0xfffd && type != Character.CONTROL && type != Character.FORMAT) {
        clean.appendCodePoint(c);
      }
    });
    return clean.toString();
  }

  /** All marks of ASCII count, though Unicode calls some of them symbols. */
  private static boolean isPunctuation(int c) {
    boolean isMark = c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~';
    return isMark || switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
          Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION -> true;
      default -> false;
    };
  }

  private static boolean isIdeograph(int c) {
    return c >= 0x4e00 && c <= 0x9fff || c >= 0x3400 && c <= 0x4dbf || c >= 0x20000 && c <= 0x2ceaf
        || c >= 0xf900 && c <= 0xfaff || c >= 0x2f800 && c <= 0x2fa1f;
  }
}
