package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecordingTest {
  private static final Graph GRAPH = GraphParser.parse("""
      graph test {
        input x: float32[2, 3]
        a = Relu(x)
        b = Cos(a)
        output "b" = b
      }
      """, Operators::get);

  @TempDir private Path folder;

  /** Those of one run, recorded with these events. */
  private List<RecordedEvent> events(String... enabled) throws IOException {
    Path file = folder.resolve("run.jfr");
    Plan plan = new Plan(
        new Plan.Manifest("test", "", "fp32", List.of(), Map.of()), () -> GRAPH, Optional.empty());
    try (Recording recording = new Recording();
        Engine engine = Engine.of(plan, new FakeDevice(Set.of("Relu")));
        ExecutionContext context = engine.newContext()) {
      for (String name : enabled) {
        recording.enable(name);
      }
      recording.start();
      context.run(Map.of("x", Tensor.allocate(DType.FLOAT32, 2, 3)));
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.slipway."))
        .toList();
  }

  @Test
  void hasNothingWhereNothingIsAskedFor() throws IOException {
    assertThat(events()).isEmpty();
  }

  @Test
  void hasRuns() throws IOException {
    List<RecordedEvent> events = events("dev.slipway.Run");
    assertThat(events).hasSize(1);
    assertThat(events.getFirst().getString("model")).isEqualTo("test");
    assertThat(events.getFirst().getString("shapes")).isEqualTo("[float32[2, 3]]");
  }

  @Test
  void hasSteps() throws IOException {
    List<RecordedEvent> events = events("dev.slipway.Step");
    assertThat(events).extracting(event -> event.getString("operator")).containsExactlyInAnyOrder("Relu", "Cos");
    assertThat(events).allSatisfy(event -> assertThat(event.getLong("bytes")).isEqualTo(48));
  }
}
