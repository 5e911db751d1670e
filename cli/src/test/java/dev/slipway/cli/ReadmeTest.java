package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README's tour do what it says, one after the other: later ones read what earlier ones wrote. */
@Tag("slow")
class ReadmeTest {
  private static final Path SHARED = Path.of(System.getProperty("slipway.shared", "../shared"));

  @TempDir private static Path folder;

  @TestFactory
  Stream<DynamicTest> everyCommandOfTheTourSucceeds() throws IOException {
    List<List<String>> commands = commands();
    assertThat(commands).hasSizeGreaterThan(5);
    return commands.stream().map(words -> DynamicTest.dynamicTest(String.join(" ", words), () -> run(words)));
  }

  /** The words behind {@code ./slipway} of each command, in order. */
  private static List<List<String>> commands() throws IOException {
    String tour = Files.readString(readme()).split("## Five minutes", 2)[1].split("\n## ", 2)[0];
    return tour.replace("\\\n", " ").lines()
        .map(line -> line.replaceFirst("^\\$ ", "").replaceFirst(" +# .*", ""))
        .filter(line -> line.startsWith("./slipway "))
        .map(line -> List.of(line.substring("./slipway ".length()).trim().split("\\s+")))
        .toList();
  }

  private static Path readme() {
    return Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent).map(folder -> folder.resolve("README.md"))
        .filter(Files::exists).findFirst().orElseThrow();
  }

  private static void run(List<String> words) {
    assumeTrue(Files.isDirectory(SHARED.resolve("models")), "no models in " + SHARED + " (-Dslipway.shared=DIR)");
    String[] arguments = words.stream().map(ReadmeTest::located).toArray(String[]::new);
    CommandRun run = assertTimeoutPreemptively(Duration.ofMinutes(10), () -> CommandRun.of(arguments));
    assertThat(run.status()).as(run.toString()).isZero();
    assertThat(run.out()).isNotBlank();
  }

  /** A file of the checkout, a sample model or data where they lie, any other file in the folder of this test. */
  private static String located(String word) {
    if (word.startsWith("samples/")) {
      return readme().resolveSibling(word).toString();
    }
    if (!word.matches("[\\w.]+\\.(onnx|zip|plan|json|svg|html)")) {
      return word;
    }
    return Stream.of("models", "data").map(kind -> SHARED.resolve(kind).resolve(word)).filter(Files::exists).findFirst()
        .orElseGet(() -> folder.resolve(word)).toString();
  }
}
