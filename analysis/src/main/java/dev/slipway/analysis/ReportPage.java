package dev.slipway.analysis;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** Puts the page of a report together: markup, styles and scripts from the module's resources, and data as JSON. */
final class ReportPage {
  private static final List<String> SCRIPTS =
      List.of("text.js", "layout.js", "coordinates.js", "blocks.js", "colours.js", "details.js", "graph.js",
          "charts.js", "tables.js", "page.js");

  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

  private static final JsonMapper JSON = JsonMapper.builder()
      .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_ABSENT)
          .withContentInclusion(JsonInclude.Include.NON_ABSENT))
      .build();

  private ReportPage() {}

  static String html(String title, Object data) {
    return PLACE.matcher(resource("page.html")).replaceAll(place -> Matcher.quoteReplacement(switch (place.group(1)) {
      case "title" -> escape(title);
      case "styles" -> resource("page.css");
      case "scripts" -> SCRIPTS.stream().map(ReportPage::resource).collect(Collectors.joining("\n"));
      case "data" -> json(data);
      default -> throw new IllegalStateException("page.html: {{" + place.group(1) + "}} is unknown");
    }));
  }

  /** JSON that may stand in a script element: no {@code <} begins a tag in it. */
  private static String json(Object data) {
    return JSON.writeValueAsString(data).replace("<", "\\u003c");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream("report/" + name)) {
      if (in == null) {
        throw new IllegalStateException("resource report/" + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
