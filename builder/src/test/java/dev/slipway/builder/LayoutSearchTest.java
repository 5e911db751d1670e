package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.Layout;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LayoutSearchTest {
  private static final String PAIR = """
      graph g {
        input x: float32[1, 20, 4, 4]
        input w: float32[20, 20, 1, 1]
        a = Conv(x, w, _) "first"
        b = Conv(a, w, _) {pads = [0, 0, 0, 0]} "second"
        output "y" = b
      }
      """;

  private final FakeTime time = new FakeTime();

  private static boolean isBlocked(KernelRequest request) {
    return request.output().layout() != Layout.CONTIGUOUS;
  }

  private static boolean readsBlocks(KernelRequest request) {
    return request.input(0).layout() != Layout.CONTIGUOUS;
  }

  /** Convolutions that read and write the same layout, and reorders, each taking so many nanoseconds. */
  private Set<String> search(long blocked, long contiguous, long reorder) {
    FakeBackend backend = new FakeBackend(time)
        .preferringBlocks(op -> op instanceof Conv)
        .with("blocked", request -> request.op() instanceof Conv && isBlocked(request), 1, choice -> blocked)
        .with(
            "contiguous",
            request -> request.op() instanceof Conv && !isBlocked(request) && !readsBlocks(request),
            1,
            choice -> contiguous)
        .with("reorder", request -> request.op() instanceof Reorder, 1, choice -> reorder);
    Graph graph = GraphParser.parse(PAIR, Operators::get);
    TimingCache cache = TimingCache.open(Optional.empty(), backend.device(), notice -> {});
    KernelTimer timer = new KernelTimer(new InterleavedTimer(time, InterleavedTimer.Effort.FAST));
    TacticSelection selection =
        new TacticSelection(backend, BuildOptions.Tuning.FULL, cache, timer, new Reasons());
    return new LayoutSearch(graph, backend, Map.of(), selection).contiguous((done, all) -> {});
  }

  @Test
  void keepsBlocksThatPayForTheirReorders() {
    assertThat(search(10_000, 40_000, 5_000)).isEmpty();
  }

  @Test
  void leavesBlocksWhereReordersCostMore() {
    assertThat(search(10_000, 12_000, 50_000)).containsExactlyInAnyOrder("first", "second");
  }

  @Test
  void noiseDoesNotDecide() {
    assertThat(search(100_000, 100_000, 1)).isEmpty();
  }
}
