package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.BackendUnavailableException;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class CudaDeviceTest {
  private OpenCudaDevice device;

  @BeforeEach
  void open() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    device = new OpenCudaDevice(CudaLibraries.load(), 0);
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
      assertThat(device.openCount()).isZero();
    }
  }

  @Test
  void copiesThereAndBack() {
    try (Arena arena = Arena.ofConfined();
        DeviceQueue queue = device.newQueue()) {
      MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3);
      MemorySegment to = queue.allocateHost(12);
      DeviceBuffer first = queue.allocate(12);
      DeviceBuffer second = queue.allocate(12);
      queue.upload(from, first);
      queue.copy(first, second);
      queue.download(second, to);
      queue.synchronize();
      assertThat(to.toArray(ValueLayout.JAVA_INT)).containsExactly(1, 2, 3);
      assertThat(device.openCount()).isEqualTo(4);
    }
    assertThat(device.openCount()).isZero();
  }

  @Test
  void runsARecordingAgain() {
    try (Arena arena = Arena.ofConfined();
        DeviceQueue queue = device.newQueue()) {
      DeviceBuffer first = queue.allocate(4);
      DeviceBuffer second = queue.allocate(4);
      MemorySegment result = queue.allocateHost(4);
      DeviceQueue.Recording recording = queue.record(() -> queue.copy(first, second));
      for (int value = 1; value < 3; value++) {
        queue.upload(arena.allocateFrom(ValueLayout.JAVA_INT, value), first);
        recording.enqueue();
        queue.download(second, result);
        queue.synchronize();
        assertThat(result.get(ValueLayout.JAVA_INT, 0)).isEqualTo(value);
      }
    }
  }

  /** cuDNN itself frees the text of a plan twice where two threads ask for it at once. */
  @Test
  void writesAPlanForManyThreads() {
    ConvProblem.Array image =
        new ConvProblem.Array(DType.FLOAT16, List.of(1L, 64L, 28L, 28L), List.of(50176L, 1L, 1792L, 64L));
    ConvProblem.Array weights =
        new ConvProblem.Array(DType.FLOAT16, List.of(64L, 64L, 3L, 3L), List.of(576L, 1L, 192L, 64L));
    List<Long> ones = List.of(1L, 1L);
    ConvProblem problem = new ConvProblem(image, weights, image, ones, ones, ones, false, List.of());
    try (ConvGraph graph = device.plan(handle -> new ConvGraph(device, handle, problem))) {
      ConvPlan plan = graph.plan(0);
      byte[] text = plan.json();
      assertThat(IntStream.range(0, 200).parallel().mapToObj(i -> plan.json()).toList())
          .allMatch(own -> Arrays.equals(own, text));
    }
  }

  @Test
  void tellsWhatTheCompilerSays() {
    assertThatThrownBy(() -> device.function(new KernelCompiler.Source("k", "extern \"C\" void k( {", false)))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("nvrtcCompileProgram: status 6")
        .hasMessageContaining("error");
  }

  @Test
  void tellsWhichDevicesThereAre() {
    assertThatThrownBy(() -> new OpenCudaDevice(CudaLibraries.load(), 99))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("cuda:99: no such device (expected: 0 to ");
  }
}
