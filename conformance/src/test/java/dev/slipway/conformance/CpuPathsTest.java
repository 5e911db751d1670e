package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cpu.CpuBackendProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same suite on both paths of the cpu backend: with the Vector API and without. */
class CpuPathsTest {
  private static final String PROPERTY = "slipway.cpu.vector";

  @TempDir Path folder;

  @AfterEach
  void clearProperty() {
    System.clearProperty(PROPERTY);
  }

  @ParameterizedTest(name = "{0}, vectors {1}")
  @CsvSource({
    "mnist_cntk, on", "mnist_cntk, off", "resnet8_cifar10, on", "resnet8_cifar10, off", "squeezenet_fp32, on",
    "squeezenet_fp32, off"
  })
  void givesTheGoldenOutputs(String model, String vectors) throws IOException {
    ConformanceTest test = BackendTestData.golden(model, new Comparison(1e-3, 1e-4), folder);
    onPath(vectors, backend -> assertThat(test.failure(new EngineExecution(backend))).isEmpty());
  }

  @Tag("slow")
  @ParameterizedTest(name = "vectors {0}")
  @ValueSource(strings = {"on", "off"})
  void passesTheTestsOfSingleOperators(String vectors) throws IOException, InterruptedException {
    BackendTestData.extractTests(folder);
    onPath(vectors, backend -> {
      ConformanceReport report = new ConformanceRunner("cpu, vectors " + vectors, new EngineExecution(backend))
          .run(folder, Pattern.compile("^(node|simple|pytorch-converted|pytorch-operator)/"), line -> {});
      assertThat(report.failed()).isEmpty();
      assertThat(report.passed()).hasSizeGreaterThanOrEqualTo(1841);
    });
  }

  @Test
  void saysWhichPathItTakes() {
    System.setProperty(PROPERTY, "off");
    assertThat(new CpuBackendProvider().availability()).isInstanceOfSatisfying(Availability.Usable.class, usable ->
        assertThat(usable.description()).endsWith(
            "scalar kernels: system property slipway.cpu.vector is off (leave it out for the fast ones)"));
  }

  private static void onPath(String vectors, Consumer<Backend> test) {
    System.setProperty(PROPERTY, vectors);
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(2))) {
      assertThat(backend.device().description().contains("scalar")).isEqualTo(vectors.equals("off"));
      test.accept(backend);
    }
  }
}
