package dev.slipway.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArtifactsTest {
  private final Artifacts artifacts = new Artifacts();

  private static byte[] unwanted() {
    throw new AssertionError("made again");
  }

  @Test
  void makesEachOnce() {
    byte[] made = artifacts.get("a", () -> new byte[] {1});
    assertThat(artifacts.get("a", ArtifactsTest::unwanted)).isSameAs(made);
    assertThat(artifacts.has("a")).isTrue();
    assertThat(artifacts.has("b")).isFalse();
  }

  @Test
  void recordsWhatIsAskedForAndWasMadeBefore() {
    artifacts.get("before", () -> new byte[] {1});
    artifacts.get("unused", () -> new byte[] {2});
    Artifacts.Recording recording = artifacts.record();
    artifacts.get("before", ArtifactsTest::unwanted);
    artifacts.get("new", () -> new byte[] {3});
    recording.close();
    artifacts.get("after", () -> new byte[] {4});
    assertThat(recording.used()).containsOnlyKeys("before", "new");
  }

  @Test
  void makesWhatIsUsedForRecordingsOnly() {
    artifacts.use("a", ArtifactsTest::unwanted);
    try (Artifacts.Recording recording = artifacts.record()) {
      artifacts.use("a", () -> new byte[] {1});
      assertThat(recording.used()).containsOnlyKeys("a");
    }
  }

  @Test
  void takesOverWhatAPlanKept() {
    artifacts.get("own", () -> new byte[] {1});
    artifacts.addAll(Map.of(
        "own", MemorySegment.ofArray(new byte[] {9}), "kept", MemorySegment.ofArray(new byte[] {2, 3})));
    assertThat(artifacts.get("kept", ArtifactsTest::unwanted)).containsExactly(2, 3);
    assertThat(artifacts.get("own", ArtifactsTest::unwanted)).containsExactly(1);
    assertThat(artifacts.made()).isOne();
  }

  @Test
  void givesRecordedBytesAsTheyAre() {
    try (Artifacts.Recording recording = artifacts.record()) {
      artifacts.get("a", () -> new byte[] {5, 6});
      assertThat(recording.used().get("a").toArray(ValueLayout.JAVA_BYTE)).containsExactly(5, 6);
    }
  }
}
