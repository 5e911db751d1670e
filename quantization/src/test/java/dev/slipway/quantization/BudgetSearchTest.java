package dev.slipway.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BudgetSearchTest {
  private static final Graph GRAPH = Networks.parse("""
      graph deep {
        input x: float32[1, 8]
        a = MatMul(x, w[8, 16]) "one"
        b = Relu(a)
        c = MatMul(b, w[16, 16]) "two"
        d = Tanh(c)
        e = MatMul(d, w[16, 16]) "three"
        f = Relu(e)
        g = MatMul(f, w[16, 4]) "four"
        output y = g
      }
      """);
  private static final CalibrationData DATA = CalibrationData.of(Networks.samples(GRAPH, 16, 1));

  @Test
  void stopsAtTheFirstThatMeetsTheBudget() {
    BudgetResult result = search(1, false);
    assertThat(result.isMet()).isTrue();
    assertThat(result.attempts()).extracting(Attempt::name).containsExactly("minmax");
    assertThat(result.best().floatLayers()).isEmpty();
    assertThat(result.reference().accuracy()).isEqualTo(1);
  }

  @Test
  void freesLayersUntilTheBudgetIsMet() {
    double whole = search(1, false).loss(search(1, true).attempts().stream()
        .filter(attempt -> attempt.floatLayers().isEmpty())
        .max(Comparator.comparingDouble(Attempt::accuracy)).orElseThrow());
    BudgetResult result = search(whole * 0.7, false);
    assertThat(result.isMet()).isTrue();
    assertThat(result.best().floatLayers()).isNotEmpty();
    assertThat(result.loss(result.best())).isLessThanOrEqualTo(whole * 0.7);
    assertThat(result.model().plan().layers()).hasSize(4 - result.best().floatLayers().size());
    assertThat(result.attempts()).extracting(Attempt::name)
        .startsWith("minmax", "percentile", "entropy", "mse").anyMatch(name -> name.endsWith("with repairs"));
  }

  @Test
  void givesTheBestWhereNoneMeetsTheBudget() {
    BudgetResult result = search(0, false);
    assertThat(result.isMet()).isFalse();
    assertThat(result.best().accuracy())
        .isEqualTo(result.attempts().stream().mapToDouble(Attempt::accuracy).max().orElseThrow());
  }

  @Test
  void tellsOfEachAttempt() {
    List<String> told = new ArrayList<>();
    BudgetSearch search = new BudgetSearch(QuantizationOptions.defaults(), GraphExecutor.reference(),
        BudgetSearchTest::accuracy, 1, false, attempt -> told.add(attempt.name()));
    search.search(GRAPH, DATA);
    assertThat(told).containsExactly("float32", "minmax");
  }

  @Test
  void refusesBudgetsThatAreNone() {
    assertThatThrownBy(() -> search(-0.1, false))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("accuracy budget: -0.1 (expected: >= 0)");
  }

  @Test
  void theFrontHasWhatNothingBeats() {
    Attempt fast = new Attempt("fast", 0.5, 1, List.of(), 3);
    Attempt exact = new Attempt("exact", 0.7, 3, List.of("a"), 3);
    Attempt beaten = new Attempt("beaten", 0.6, 4, List.of("b"), 3);
    Attempt same = new Attempt("same", 0.5, 2, List.of("c"), 3);
    assertThat(Attempt.front(List.of(exact, beaten, same, fast))).containsExactly(fast, exact);
  }

  @Test
  void plotsWithoutAnythingElse() {
    BudgetResult result = search(1, true);
    String html = new FrontPlot(result, "top<1>", 1).html();
    assertThat(html).startsWith("<!doctype html>").contains("<svg", "top&lt;1&gt;", "minmax with repairs")
        .doesNotContain("<script", "http", "NaN", "Infinity");
    assertThat(html.split("<circle")).hasSize(result.attempts().size() + 2);
  }

  private static BudgetResult search(double budget, boolean wholeFront) {
    return new BudgetSearch(QuantizationOptions.defaults(), GraphExecutor.reference(), BudgetSearchTest::accuracy,
        budget, wholeFront, attempt -> {}).search(GRAPH, DATA);
  }

  /** Cosine with the float outputs. */
  private static double accuracy(GraphExecution model) {
    Deviation.Sum sum = new Deviation.Sum();
    for (Map<String, Tensor> sample : Networks.samples(GRAPH, 16, 2)) {
      sum.add(Networks.run(GRAPH, sample), model.run(sample).get("y").toFloats());
    }
    return sum.deviation().cosine();
  }
}
