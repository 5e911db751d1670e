package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordPieceTest {
  private static final Map<String, Integer> VOCABULARY =
      Map.of("[UNK]", 0, "[CLS]", 1, "[SEP]", 2, "un", 3, "##aff", 4, "##able", 5, "##a", 6, "!", 7, "中", 8);

  @TempDir private Path folder;

  private static List<Integer> ids(String text) {
    return new WordPiece(VOCABULARY, 8).tokens(text).ids();
  }

  @Test
  void takesTheLongestPieces() {
    assertThat(ids("UNaffable!")).containsExactly(1, 3, 4, 5, 7, 2);
    assertThat(ids("un zebra una")).containsExactly(1, 3, 0, 3, 6, 2);
    assertThat(ids("")).containsExactly(1, 2);
    assertThat(ids("ünaffable 中中")).containsExactly(1, 3, 4, 5, 8, 8, 2);
    assertThat(ids("un".repeat(60))).containsExactly(1, 0, 2);
    assertThat(ids("! ! ! ! ! ! ! ! !")).containsExactly(1, 7, 7, 7, 7, 7, 7, 2);
  }

  @Test
  void splitsAsBertDoes() {
    assertThat(WordPiece.words("It's  50%\tof\u00a0$1.50,\u200b caf\u00e9\n(na\u00efve)"))
        .containsExactly("it", "'", "s", "50", "%", "of", "$", "1", ".", "50", ",", "cafe", "(", "naive", ")");
  }

  @Test
  void readsBothFormsOfVocabularies() throws IOException {
    Path lines = Files.writeString(folder.resolve("vocab.txt"), "[UNK]\n[CLS]\n[SEP]\nun\n");
    assertThat(WordPiece.read(lines, 8).tokens("un").ids()).containsExactly(1, 3, 2);
    Path json = Files.writeString(folder.resolve("tokenizer.json"), """
        {"model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "[CLS]": 4, "[SEP]": 5, "un": 7, "\\"": 8}}}
        """);
    assertThat(WordPiece.read(json, 8).tokens("un\"").ids()).containsExactly(4, 7, 8, 5);
    Files.writeString(json, "{\"model\": {\"type\": \"BPE\"}}");
    assertThatThrownBy(() -> WordPiece.read(json, 8)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("model.type: BPE (expected: WordPiece)");
    Files.writeString(lines, "un\n");
    assertThatThrownBy(() -> WordPiece.read(lines, 8)).hasMessage("vocabulary: no [UNK] (expected: one of BERT's)");
  }

  @Test
  void givesTheTokensOfTheReference() throws IOException {
    Path shared = Path.of(System.getProperty("slipway.shared", "../shared"), "data");
    assumeTrue(Files.exists(shared), "shared data absent");
    Path vocabulary = folder.resolve("tokenizer.json");
    try (InputStream in = ClassLoader.getSystemResourceAsStream("all-minilm-l6-v2-tokenizer.json")) {
      assumeTrue(in != null, "no jar on the class path has the tokenizer");
      Files.copy(in, vocabulary);
    }
    WordPiece tokenizer = WordPiece.read(vocabulary, 128);
    try (Dataset texts = new TextPairFormat().open(DatasetSource.of(shared.resolve("stsb-en-test.csv")));
        Dataset tokens =
            new TextPairFormat().open(DatasetSource.of(shared.resolve("stsb-en-test.minilm-reference.csv")))) {
      assertThat(texts.size()).isEqualTo(tokens.size());
      for (int i = 0; i < texts.size(); i++) {
        Content.TextPair pair = (Content.TextPair) texts.item(i).content();
        assertThat(new Content.TokenPair(tokenizer.tokens(pair.first()), tokenizer.tokens(pair.second())))
            .as(pair.toString())
            .isEqualTo(tokens.item(i).content());
      }
    }
  }
}
