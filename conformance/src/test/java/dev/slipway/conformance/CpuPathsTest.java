package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cpu.CpuBackendProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The same suite on every path of the cpu backend. The build runs this class twice: as the processor is, and with
 * {@code slipway.cpu.features=avx2}, which holds for a whole process.
 */
class CpuPathsTest {
  private static final String VECTORS = "slipway.cpu.vector";
  private static final String ASSEMBLER = "slipway.cpu.assembler";

  @TempDir Path folder;

  /** How kernels are made. */
  enum Kernels {
    MACHINE_CODE(List.of(), "machine code for"),
    VECTOR_API(List.of(ASSEMBLER), "no machine code"),
    SCALAR(List.of(VECTORS), "scalar kernels");

    private final List<String> off;
    private final String description;

    Kernels(List<String> off, String description) {
      this.off = off;
      this.description = description;
    }
  }

  @AfterEach
  void clearProperties() {
    System.clearProperty(VECTORS);
    System.clearProperty(ASSEMBLER);
  }

  @ParameterizedTest
  @EnumSource
  void givesTheGoldenOutputs(Kernels kernels) throws IOException {
    for (String model : List.of("mnist_cntk", "resnet8_cifar10", "squeezenet_fp32")) {
      Path files = Files.createDirectory(folder.resolve(model));
      ConformanceTest test = BackendTestData.golden(model, new Comparison(1e-3, 1e-4), files);
      with(kernels, backend -> assertThat(test.failure(new EngineExecution(backend))).as(model).isEmpty());
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void passesTheTestsOfSingleOperators(Kernels kernels) throws IOException, InterruptedException {
    BackendTestData.extractTests(folder);
    with(kernels, backend -> {
      ConformanceReport report = new ConformanceRunner("cpu, " + kernels, new EngineExecution(backend))
          .run(folder, Pattern.compile("^(node|simple|pytorch-converted|pytorch-operator)/"), line -> {});
      assertThat(report.failed()).isEmpty();
      assertThat(report.passed()).hasSizeGreaterThanOrEqualTo(1841);
    });
  }

  @Test
  void saysWhichPathItTakes() {
    System.setProperty(VECTORS, "off");
    assertThat(description()).endsWith(
        "scalar kernels: system property slipway.cpu.vector is off (leave it out for the fast ones)");
    System.clearProperty(VECTORS);
    System.setProperty(ASSEMBLER, "off");
    assertThat(description()).endsWith(
        "no machine code: system property slipway.cpu.assembler is off (leave it out for the fast kernels)");
  }

  @Test
  void keepsToTheFeaturesAllowed() {
    boolean narrow = System.getProperty("slipway.cpu.features", "").equals("avx2");
    assertThat(narrow && description().matches(".*(512-bit|avx512).*")).as(description()).isFalse();
  }

  private static void with(Kernels kernels, Consumer<Backend> test) {
    kernels.off.forEach(property -> System.setProperty(property, "off"));
    assumeTrue(description().contains(kernels.description), () -> "the processor has no " + kernels.description);
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(2))) {
      test.accept(backend);
    }
  }

  private static String description() {
    return switch (new CpuBackendProvider().availability()) {
      case Availability.Usable(String description) -> description;
      case Availability.Unusable(String reason) -> reason;
    };
  }
}
