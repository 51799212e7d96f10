package policy

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/pid"
)

var pidKind = conditionKind{name: "pid", example: "{score: 10}", parse: parsePID}

// pidCondition holds when subject, text, attachments and their names together
// hold personal data of a weight (BOP-6, BOP-7).
type pidCondition struct {
	score   float64
	scanner *pid.Scanner
}

func parsePID(n *yaml.Node) (condition, error) {
	keys, err := textMap(n, "score", "kinds", "weights", "words", "allow", "patterns")
	if err != nil {
		return nil, err
	}
	c := pidCondition{}
	if c.score, err = number(keys["score"]); err != nil || c.score <= 0 {
		return nil, yamlError(or(keys["score"], n), "wants score: a number, such as {score: 10}; an NI number weighs 10")
	}
	var o pid.Options
	if keys["kinds"] != nil {
		kinds, err := textList(keys["kinds"], "kinds, such as [nino, nhs]")
		if err != nil {
			return nil, err
		}
		for _, k := range kinds {
			o.Kinds = append(o.Kinds, pid.Kind(k))
		}
	}
	if keys["words"] != nil {
		if o.Words, err = textList(keys["words"], "words or phrases"); err != nil {
			return nil, err
		}
	}
	if keys["allow"] != nil {
		if o.Allow, err = textList(keys["allow"], "values of your own, such as a telephone number"); err != nil {
			return nil, err
		}
	}
	if o.Weights, err = weights(keys["weights"]); err != nil {
		return nil, err
	}
	if o.Patterns, err = ownPatterns(keys["patterns"]); err != nil {
		return nil, err
	}
	if c.scanner, err = pid.New(o); err != nil {
		return nil, yamlError(n, err.Error())
	}
	return c, nil
}

func number(n *yaml.Node) (float64, error) {
	if n == nil || n.Kind != yaml.ScalarNode {
		return 0, strconv.ErrSyntax
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err == nil && !(f >= 0 && f <= 1000) {
		err = strconv.ErrRange
	}
	return f, err
}

// weights reads {nino: 10, phone: 0}.
func weights(n *yaml.Node) (map[pid.Kind]float64, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, yamlError(n, "wants weights of kinds, such as {phone: 0}")
	}
	all := map[pid.Kind]float64{}
	for i := 0; i < len(n.Content); i += 2 {
		f, err := number(n.Content[i+1])
		if err != nil {
			return nil, yamlError(n.Content[i+1], "wants a weight from 0 to 1000")
		}
		all[pid.Kind(n.Content[i].Value)] = f
	}
	return all, nil
}

// ownPatterns reads {housing reference: "HR[0-9]{6}"}.
func ownPatterns(n *yaml.Node) ([]pid.Pattern, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, yamlError(n, `wants names and patterns, such as {housing reference: "HR[0-9]{6}"}`)
	}
	var all []pid.Pattern
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i+1].Kind != yaml.ScalarNode {
			return nil, yamlError(n.Content[i+1], `wants a pattern, such as "HR[0-9]{6}"`)
		}
		all = append(all, pid.Pattern{Name: n.Content[i].Value, Match: n.Content[i+1].Value})
	}
	return all, nil
}

func (c pidCondition) match(v *view, _ addr.Address) []Finding {
	report := c.scanner.Score(v.sections())
	if report.Total < c.score {
		return nil
	}
	var found []Finding
	for _, f := range report.Findings {
		found = append(found, Finding{Where: or(f.Where, "message"), What: pidWords(f)})
	}
	total := fmt.Sprintf("personal data: %g of %g", report.Total, c.score)
	return append(found, Finding{Where: "message", What: total})
}

// pidWords gives "NI number, weight 10" and never a value.
func pidWords(f pid.Finding) string {
	times := ""
	if f.Count > 1 {
		times = fmt.Sprintf(" (%d times)", f.Count)
	}
	return fmt.Sprintf("%v%s, weight %g", f.Kind, times, f.Weight)
}

// sections gives every text of a message that a recipient reads.
func (v *view) sections() []pid.Section {
	var all []pid.Section
	for _, s := range v.values("Subject") {
		all = append(all, pid.Section{Where: "subject", Text: s})
	}
	for _, p := range v.m.Parts {
		for _, name := range p.names {
			all = append(all, pid.Section{Where: "file name", Text: name})
		}
		if p.Text != "" {
			all = append(all, pid.Section{Where: p.Where, Text: p.Text, Places: p.pidPlaces()})
		}
	}
	return all
}

// pidPlaces gives the pages and sheets of a part. That a document's own text stands
// in its text need not be said.
func (p Part) pidPlaces() []pid.Place {
	var all []pid.Place
	for _, place := range p.places {
		where := shown(place.Where)
		if where == "text" {
			where = ""
		}
		all = append(all, pid.Place{Where: where, At: place.At})
	}
	return all
}
