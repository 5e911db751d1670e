package dev.slipway.evaluation;

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
      "text-strip", map -> new TextStripInput(map.text("name", "")),
      "text-picture", TextLinesFile::input);
  private static final Map<String, OutputReader> OUTPUTS = Map.of(
      "classes", (map, input, networks) -> classes(map),
      "boxes", (map, input, networks) -> DetectedBoxesFile.read(map, input),
      "embedding", (map, input, networks) -> new Embedding(map.text("name", "")),
      "text", (map, input, networks) -> new ReadText(map.text("name", ""), TextLinesFile.decoder(map)),
      "text-lines", TextLinesFile::output);
  private static final Map<String, Supplier<Metric>> METRICS =
      Map.of("top-k", TopK::new, "f1", FScore::new, "auc", RocArea::new);

  private ProcessingFile() {}

  private interface InputReader {
    InputProcessing read(YamlMap map);
  }

  private interface OutputReader {
    OutputProcessing read(YamlMap map, InputProcessing input, CompanionNetworks networks);
  }

  static Processing read(Path file, CompanionNetworks networks) {
    try (YamlMap document = YamlMap.read(file)) {
      InputProcessing input = input(document.map("input"));
      return new Processing(input, output(document.map("output"), input, networks));
    }
  }

  private static InputProcessing input(YamlMap kinds) {
    String kind = kinds.only(INPUTS.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return INPUTS.get(kind).read(map);
    }
  }

  private static OutputProcessing output(YamlMap kinds, InputProcessing input, CompanionNetworks networks) {
    String kind = kinds.only(OUTPUTS.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return OUTPUTS.get(kind).read(map, input, networks);
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
}
