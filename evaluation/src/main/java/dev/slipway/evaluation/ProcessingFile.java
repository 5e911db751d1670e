package dev.slipway.evaluation;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/** Reads {@link Processing} from YAML. */
final class ProcessingFile {
  private static final Map<String, Function<YamlMap, InputProcessing>> INPUTS =
      Map.of("picture", PictureInputFile::read);
  private static final Map<String, Function<YamlMap, OutputProcessing>> OUTPUTS =
      Map.of("classes", ProcessingFile::classes);

  private ProcessingFile() {}

  static Processing read(Path file) {
    try (YamlMap document = YamlMap.read(file)) {
      return new Processing(one(document.map("input"), INPUTS), one(document.map("output"), OUTPUTS));
    }
  }

  private static <T> T one(YamlMap kinds, Map<String, Function<YamlMap, T>> readers) {
    String kind = kinds.only(readers.keySet());
    try (YamlMap map = kinds.map(kind)) {
      return readers.get(kind).apply(map);
    }
  }

  private static OutputProcessing classes(YamlMap map) {
    return new ClassScores(map.text("name", ""), map.flag("softmax", false));
  }
}
