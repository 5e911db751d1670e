package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Tensor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

  private static JsonNode data(Report report) {
    Matcher matcher = DATA.matcher(report.html());
    assertThat(matcher.find()).isTrue();
    return JsonMapper.builder().build().readTree(matcher.group(1));
  }

  private static Graph named(String node) {
    return GraphParser.parse("""
        graph one {
          input x: float32[1, 3, 8, 8]
          constant w: float32[4, 3, 1, 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}
          s: float32[1, 4, 8, 8] = Conv(x, w, _) {strides = [1, 1]} "%s"
          output "y" = s
        }
        """.formatted(node), Operators::get);
  }

  @Test
  void namesCannotEndTheScript() {
    String evil = "</script><script>alert(1)</script>";
    assertThat(data(Report.of(evil).stage(evil, evil, named(evil))).path("stages").path(0).path("nodes").path(0)
        .path("name").asString()).isEqualTo(evil);
  }

  @Test
  void aTitleIsNoTemplate() {
    assertThat(Report.of("{{data}} <b>").html()).contains("<title>{{data}} &lt;b&gt; · Slipway</title>");
  }

  @Test
  void showsWhatANodeReadsAndWrites() {
    JsonNode data = data(Report.of("model").stage("Model", "", named("first")));
    JsonNode stage = data.path("stages").path(0);
    JsonNode node = stage.path("nodes").path(0);
    assertThat(node.path("operator").asString()).isEqualTo("Conv");
    assertThat(node.path("kind").asString()).isEqualTo("PRODUCT");
    assertThat(node.path("shape").asString()).isEqualTo("4×8×8");
    assertThat(node.path("flops").asLong()).isEqualTo(2 * 3 * 4 * 64);
    assertThat(node.path("attributes").path("strides").asString()).isEqualTo("[1, 1]");
    assertThat(node.path("inputs").size()).isEqualTo(2);
    assertThat(node.path("inputs").path(1).path("name").asString()).isEqualTo("W");
  }

  @Test
  void countsWeights() {
    TensorStatistics statistics = TensorStatistics.of(
        Tensor.of(new float[] {-1, 0, 0, 3, Float.NaN, Float.POSITIVE_INFINITY}, 6));
    assertThat(statistics.minimum()).isEqualTo(-1);
    assertThat(statistics.maximum()).isEqualTo(3);
    assertThat(statistics.mean()).isEqualTo(0.5);
    assertThat(statistics.deviation()).isEqualTo(1.5);
    assertThat(statistics.zeros()).isEqualTo(2);
    assertThat(statistics.notFinite()).isEqualTo(2);
    assertThat(statistics.counts()[0]).isEqualTo(1);
    assertThat(statistics.counts()[10]).isEqualTo(2);
    assertThat(statistics.counts()[39]).isEqualTo(1);
  }

  @Test
  void countsWeightsThatAreAllAlikeOrNoNumbers() {
    assertThat(TensorStatistics.of(Tensor.of(new float[] {2, 2}, 2)).counts()).containsExactly(2);
    assertThat(TensorStatistics.of(Tensor.of(new float[] {2, Float.NaN}, 2)).counts()).containsExactly(1);
    assertThat(TensorStatistics.of(Tensor.of(new float[] {Float.NaN}, 1)).counts()).isEmpty();
    assertThat(TensorStatistics.of(Tensor.of(new float[0], 0)).counts()).isEmpty();
  }
}
