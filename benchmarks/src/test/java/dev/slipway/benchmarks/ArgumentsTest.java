package dev.slipway.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.BuildOptions;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  private static Arguments parse(String... given) {
    return Arguments.parse(given, List.of("--threads", "--samples", "--json", "--tuning"), "--quantized");
  }

  @Test
  void takesOptionsAndTheRestInAnyOrder() {
    Arguments arguments = parse("models", "--threads", "1,2", "--quantized", "more", "--json", "out.json");
    assertThat(arguments.paths()).containsExactly(Path.of("models"), Path.of("more"));
    assertThat(arguments.threads(4)).containsExactly(1, 2);
    assertThat(arguments.has("--quantized")).isTrue();
    assertThat(arguments.path("--json")).contains(Path.of("out.json"));
  }

  @Test
  void fallsBackOnDefaults() {
    Arguments arguments = parse();
    assertThat(arguments.threads(4)).containsExactly(4);
    assertThat(arguments.integer("--samples", 31)).isEqualTo(31);
    assertThat(arguments.has("--quantized")).isFalse();
    assertThat(arguments.path("--json")).isEqualTo(Optional.empty());
    assertThat(arguments.build(BuildOptions.defaults())).isEqualTo(BuildOptions.defaults());
  }

  @Test
  void saysHowToBuild() {
    assertThat(parse("--tuning", "full").build(BuildOptions.defaults()).tuning()).isEqualTo(BuildOptions.Tuning.FULL);
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> parse("--thread", "1"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("--thread: unknown (expected: one of [--threads, --samples, --json, --tuning, --quantized])");
    assertThatThrownBy(() -> parse("--samples"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("--samples: no value (expected: one behind it)");
  }
}
