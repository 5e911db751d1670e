package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The module table of CONTRIBUTING.md says what the module declarations say. */
class ModuleTableTest {
  private static final Pattern ROW = Pattern.compile("^\\| `([a-z.]+)` \\|.*\\| ([^|]+) \\|$", Pattern.MULTILINE);
  private static final Pattern REQUIRES = Pattern.compile("requires (?:transitive )?dev\\.slipway\\.([a-z.]+);");

  @Test
  void givesTheImportsOfEachModule() throws IOException {
    Path root = Stream.of(Path.of(".."), Path.of("."))
        .filter(folder -> Files.exists(folder.resolve("CONTRIBUTING.md"))).findFirst().orElseThrow();
    Map<String, Set<String>> table = table(Files.readString(root.resolve("CONTRIBUTING.md")));
    assertThat(table.keySet()).containsExactlyInAnyOrderElementsOf(modules(root));
    for (String module : table.keySet()) {
      Set<String> declared = declared(root.resolve(folder(module)));
      assertThat(declared).as("imports of %s in the table", module)
          .containsAll(table.get(module));
      assertThat(reachable(module, table)).as("imports of %s that the table forbids", module)
          .containsAll(declared);
    }
  }

  private static Map<String, Set<String>> table(String text) {
    Map<String, Set<String>> table = new LinkedHashMap<>();
    ROW.matcher(text).results().forEach(row -> table.put(row.group(1), names(row.group(2))));
    return table;
  }

  private static Set<String> names(String cell) {
    return Arrays.stream(cell.split(",")).map(String::strip).filter(name -> !name.equals("–"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> modules(Path root) throws IOException {
    try (Stream<Path> folders = Files.list(root)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("src/main/java/module-info.java")))
          .map(folder -> folder.toAbsolutePath().normalize().getFileName().toString().replace('-', '.'))
          .toList();
    }
  }

  private static String folder(String module) {
    return module.replace('.', '-');
  }

  private static Set<String> declared(Path folder) throws IOException {
    String declaration = Files.readString(folder.resolve("src/main/java/module-info.java"));
    return REQUIRES.matcher(declaration).results().map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What a module may import, directly or behind what it imports. */
  private static Set<String> reachable(String module, Map<String, Set<String>> table) {
    Set<String> reachable = new TreeSet<>();
    for (String next : table.get(module)) {
      reachable.add(next);
      reachable.addAll(reachable(next, table));
    }
    return reachable;
  }
}
