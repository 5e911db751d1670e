package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TacticSelectionTest {
  private static final String TWO_EQUAL_LAYERS = """
      graph g {
        input x: float32[4, 8]
        y = Softmax(x)
        z = Softmax(y)
        output z = z
      }
      """;

  private final FakeTime time = new FakeTime();
  private final FakeBackend backend = new FakeBackend(time)
      .with("predicted", 10, 9_000, 8_000)
      .with("measured", 20, 7_000, 5_000);
  private final Reasons reasons = new Reasons();
  private final TimingCache cache = TimingCache.open(Optional.empty(), backend.device(), notice -> {});
  private List<LayerTiming> timings = List.of();

  private Map<String, Plan.Choice> select(String text, BuildOptions.Tuning tuning) {
    return select(backend, text, tuning);
  }

  private Map<String, Plan.Choice> select(FakeBackend own, String text, BuildOptions.Tuning tuning) {
    Graph graph = GraphParser.parse(text, Operators::get);
    KernelTimer timer = new KernelTimer(new InterleavedTimer(time, InterleavedTimer.Effort.FAST));
    TacticSelection selection = new TacticSelection(own, tuning, cache, timer, reasons);
    Map<String, Plan.Choice> choices = selection.select(graph, ShapesAtOpt.of(graph, Map.of()), () -> {});
    timings = selection.timings();
    return choices;
  }

  private static TuningChoice tile(int size) {
    return TuningChoice.of(Map.of("tile", size));
  }

  @Test
  void takesThePredictionWhereNothingIsMeasured() {
    Map<String, Plan.Choice> choices = select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.OFF);
    assertThat(choices).hasSize(2);
    assertThat(choices.values()).allSatisfy(choice -> {
      assertThat(choice.tactic()).isEqualTo(new TacticId("predicted", 1));
      assertThat(choice.tuning()).isEqualTo(tile(1));
      assertThat(choice.micros()).isNaN();
    });
    assertThat(backend.built()).isZero();
    assertThat(timings).isEmpty();
  }

  @Test
  void takesTheFastest() {
    assertThat(select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("measured", 1), tile(2), 5));
  }

  @Test
  void measuresEqualLayersOnce() {
    FakeBackend well = new FakeBackend(time).with("predicted", 10, 5_000, 8_000).with("measured", 20, 7_000, 9_000);
    select(well, TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST);
    assertThat(well.built()).isEqualTo(4);
  }

  @Test
  void measuresOnceMoreWhoBeatsThePrediction() {
    select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST);
    assertThat(backend.built()).isEqualTo(4 + 2);
  }

  @Test
  void doesNotTakeWhoWasLuckyOnce() {
    int[] built = {0};
    FakeBackend shared = new FakeBackend(time)
        .with("predicted", 10, 9_000, 8_000)
        .with("shared", request -> true, 20, choice -> built[0]++ < 2 ? 5_000 : 12_000);
    assertThat(select(shared, TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("predicted", 1), tile(2), 8));
  }

  @Test
  void prefersThePredictionWhereOthersAreHardlyFaster() {
    FakeBackend close = new FakeBackend(time).with("predicted", 10, 5_100, 9_000).with("measured", 20, 5_000, 9_000);
    assertThat(select(close, TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("predicted", 1), tile(1), 5.1));
  }

  @Test
  void takesWhoHasAHandicapOnlyWhereItIsMuchFaster() {
    FakeBackend own = new FakeBackend(time).with("predicted", 10, 6_000, 8_000).withHandicap("shared", 1.5, 20, 4_500);
    assertThat(select(own, TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("predicted", 1), tile(1), 6));
    own.withHandicap("faster", 1.5, 30, 3_000);
    assertThat(select(own, TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("faster", 1), tile(1), 3));
  }

  @Test
  void measuresNothingThatTheCacheKnows() {
    Map<String, Plan.Choice> cold = select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST);
    int built = backend.built();
    assertThat(select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST)).isEqualTo(cold);
    assertThat(backend.built()).isEqualTo(built);
  }

  @Test
  void measuresTogetherWhereTheCacheLacksACandidate() {
    select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST);
    backend.with("new", 5, 2_000, 3_000);
    assertThat(select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .containsOnly(new Plan.Choice(new TacticId("new", 1), tile(1), 2));
  }

  @Test
  void prefersTheBetterPredictedAmongEquallyFast() {
    backend.with("as fast", 15, 5_000, 5_001);
    assertThat(select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FAST).values())
        .extracting(Plan.Choice::tactic)
        .containsOnly(new TacticId("as fast", 1));
  }

  @Test
  void tellsPredictionsAndMeasurements() {
    select(TWO_EQUAL_LAYERS, BuildOptions.Tuning.FULL);
    assertThat(timings).hasSize(8);
    assertThat(timings).contains(
        new LayerTiming(timings.getFirst().node(), new TacticId("predicted", 1), tile(2), 10, 8),
        new LayerTiming(timings.getLast().node(), new TacticId("measured", 1), tile(2), 20, 5));
  }

  @Test
  void saysWhyANodeHasNoTactic() {
    FakeBackend picky = new FakeBackend(time).with("picky", request -> false, 1, choice -> 1);
    Graph graph = GraphParser.parse(TWO_EQUAL_LAYERS, Operators::get);
    KernelTimer timer = new KernelTimer(new InterleavedTimer(time, InterleavedTimer.Effort.FAST));
    TacticSelection selection = new TacticSelection(picky, BuildOptions.Tuning.FAST, cache, timer, reasons);
    assertThat(selection.select(graph, ShapesAtOpt.of(graph, Map.of()), () -> {})).isEmpty();
    assertThat(reasons.byNode().values()).containsOnly(List.of("picky: not what it is for"));
  }
}
