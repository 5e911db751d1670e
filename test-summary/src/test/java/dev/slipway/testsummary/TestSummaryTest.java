package dev.slipway.testsummary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class TestSummaryTest {
  @Test
  void groupsReasonsOfSkippedTests() {
    assertThat(summaryOf(Mixed.class))
        .endsWith(": ran 4, failed 1, skipped 4 (no data: 1; not yet: 1; tag gpu is in skipTags: 2)");
  }

  @Test
  void countsEveryTestOfAnAbortedClass() {
    assertThat(summaryOf(NoDevice.class)).endsWith(": ran 0, failed 0, skipped 2 (GPU absent: 2)");
  }

  @Test
  void countsBrokenSetUpAsAFailure() {
    assertThat(summaryOf(BrokenSetUp.class)).endsWith(": ran 0, failed 1, skipped 0");
  }

  private static String summaryOf(Class<?> tests) {
    var bytes = new ByteArrayOutputStream();
    var config =
        LauncherConfig.builder()
            .enableTestExecutionListenerAutoRegistration(false)
            .addTestExecutionListeners(new TestSummary(new PrintStream(bytes, true, StandardCharsets.UTF_8)))
            .build();
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(tests))
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .build();
    LauncherFactory.create(config).execute(request);
    return bytes.toString(StandardCharsets.UTF_8).strip();
  }

  static class Mixed {
    @Test
    void passes() {}

    @Test
    void fails() {
      fail("on purpose");
    }

    @Test
    @Disabled("not yet")
    void disabled() {}

    @Test
    @Tag("gpu")
    void onGpu() {}

    @Test
    @Tag("gpu")
    void alsoOnGpu() {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void assumes(int value) {
      assumeTrue(value != 2, "no data");
    }
  }

  static class NoDevice {
    @BeforeAll
    static void needsDevice() {
      assumeTrue(false, "GPU absent");
    }

    @Test
    void first() {}

    @Test
    void second() {}
  }

  static class BrokenSetUp {
    @BeforeAll
    static void breaks() {
      throw new IllegalStateException("on purpose");
    }

    @Test
    void first() {}
  }
}
