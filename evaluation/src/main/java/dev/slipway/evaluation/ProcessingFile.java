package dev.slipway.evaluation;

import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.CtcDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads {@link Processing} from YAML. */
final class ProcessingFile {
  private static final int LONGEST_TEXT = 128;
  private static final Map<String, InputReader> INPUTS = Map.of(
      "picture", PictureInputFile::read,
      "text", ProcessingFile::text,
      "text-strip", map -> new TextStripInput(map.text("name", "")));
  private static final Map<String, OutputReader> OUTPUTS = Map.of(
      "classes", (map, input) -> classes(map),
      "boxes", DetectedBoxesFile::read,
      "embedding", (map, input) -> new Embedding(map.text("name", "")),
      "text", (map, input) -> readText(map));
  private static final Map<String, Supplier<Metric>> METRICS =
      Map.of("top-k", TopK::new, "f1", FScore::new, "auc", RocArea::new);

  private ProcessingFile() {}

  private interface InputReader {
    InputProcessing read(YamlMap map);
  }

  private interface OutputReader {
    OutputProcessing read(YamlMap map, InputProcessing input);
  }

  static Processing read(Path file) {
    try (YamlMap document = YamlMap.read(file)) {
      InputProcessing input = input(document.map("input"));
      return new Processing(input, output(document.map("output"), input));
    }
  }

  private static InputProcessing input(YamlMap kinds) {
    String kind = kinds.only(INPUTS.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return INPUTS.get(kind).read(map);
    }
  }

  private static OutputProcessing output(YamlMap kinds, InputProcessing input) {
    String kind = kinds.only(OUTPUTS.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return OUTPUTS.get(kind).read(map, input);
    }
  }

  private static InputProcessing text(YamlMap map) {
    int longest = map.integer("max-length", LONGEST_TEXT);
    Optional<WordPiece> tokenizer = map.has("vocabulary")
        ? Optional.of(WordPiece.read(map.path("vocabulary"), longest))
        : Optional.empty();
    return new TextInput(map.text("ids", "input_ids"), map.text("mask", "attention_mask"),
        map.text("types", "token_type_ids"), tokenizer);
  }

  private static OutputProcessing classes(YamlMap map) {
    return new ClassScores(
        map.text("name", ""), map.flag("softmax", false), map.choices("metrics", METRICS, List.of(TopK::new)));
  }

  private static OutputProcessing readText(YamlMap map) {
    return new ReadText(map.text("name", ""), CtcDecoder.ofDictionary(lines(map.path("dictionary"))));
  }

  private static List<String> lines(Path file) {
    try {
      return List.of(Files.readString(file).strip().split("\n"));
    } catch (IOException e) {
      throw new SlipwayException("dictionary: " + file + " cannot be read as UTF-8 text: " + FileFailure.reason(e)
          + " (expected: a character on each line)", e);
    }
  }
}
