package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  private static final List<String> COMMANDS =
      List.of("quickstart", "env", "inspect", "simplify", "build", "run", "quantize", "check", "bench", "profile", "evaluate",
          "view", "conformance");

  @Test
  void listsEveryCommand() {
    CommandRun run = CommandRun.of();
    assertThat(run.status()).isZero();
    COMMANDS.forEach(command -> assertThat(run.out()).containsPattern("\\n  " + command + " "));
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart", "env", "inspect", "simplify", "build", "run", "quantize", "check", "bench", "profile", "evaluate",
        "view", "conformance"
      })
  void everyCommandExplainsItself(String command) {
    CommandRun run = CommandRun.of(command, "--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("Usage: slipway " + command)
        .contains("--threads", "--target", "--json", "--quiet", "--debug");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void acceptsTheSpellingsOfTrtexec() {
    assertThat(CommandRun.of("build", "--help").out())
        .contains("--onnx", "--saveEngine", "--minShapes", "--optShapes", "--maxShapes", "--timingCacheFile", "--fp16",
            "--int8", "--best", "--verbose");
    assertThat(CommandRun.of("bench", "--help").out())
        .contains("--loadEngine", "--warmUp", "--duration", "--iterations", "--streams", "--exportTimes",
            "--exportProfile", "--shapes");
  }
}
