package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ONNX backend tests on engines of the CPU backend: the same ones pass as on the reference. */
@Tag("slow")
class CpuConformanceTest {
  @TempDir static Path folder;

  @BeforeAll
  static void extract() throws IOException, InterruptedException {
    BackendTestData.extract(folder);
  }

  @Test
  void singleOperatorsAndSmallModels() {
    ConformanceReport report = run("^(node|simple|pytorch-converted|pytorch-operator)/");
    assertThat(report.failed()).isEmpty();
    assertThat(report.passed()).hasSizeGreaterThanOrEqualTo(1841);
  }

  @Test
  void wholeNetworks() {
    ConformanceReport report = run("^light/");
    assertThat(report.failed()).isEmpty();
    assertThat(report.passed()).hasSize(9);
  }

  private static ConformanceReport run(String filter) {
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(2))) {
      return new ConformanceRunner("cpu", new EngineExecution(backend)).run(folder, Pattern.compile(filter), line -> {});
    }
  }
}
