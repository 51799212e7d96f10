package portal

import (
	"errors"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// The service desk gives units to managers and takes them away (CYC-12), for
// addresses of ours only.

// managerLine is one manager of a unit.
type managerLine struct{ Address, Since string }

// giveUnit answers POST /servicedesk/team: who manages a unit, and changes of it.
func giveUnit(v *visit, who addr.Address) error {
	unitText, managerText := clean(v.field("unit")), clean(v.field("manager"))
	unit, ok := v.ourAddress(unitText)
	if !ok {
		return v.showGive(unitText, managerText, nil, problem{"unit", v.t("team.unit-wrong")})
	}
	if v.field("do") == "show" {
		return v.showManagers(unit, managerText)
	}
	manager, ok := v.ourAddress(managerText)
	if !ok || manager.Equal(unit) {
		return v.showGive(unitText, managerText, nil, problem{"manager", v.t("team.manager-wrong")})
	}
	var err error
	by := audit.Operator(who.Key())
	if v.field("do") == "take" {
		_, err = v.s.Store.TakeUnit(v.ctx(), unit, manager, by, v.now)
	} else {
		_, err = v.s.Store.GiveUnit(v.ctx(), unit, manager, by, v.now)
	}
	if errors.Is(err, store.ErrTooMany) {
		return v.showGive(unitText, managerText, nil, problem{"manager", v.t("team.too-many")})
	}
	if err != nil {
		return err
	}
	v.s.Log.Info("managers of a unit changed", "taken", v.field("do") == "take")
	return v.showManagers(unit, "")
}

// ourAddress reads an address of the organisation.
func (v *visit) ourAddress(text string) (addr.Address, bool) {
	a, err := addr.Parse(text)
	return a, err == nil && len(text) <= maxAddress && v.s.colleague(a)
}

func (v *visit) showManagers(unit addr.Address, typed string) error {
	t, err := v.s.Store.Team(v.ctx(), unit)
	if err != nil {
		return err
	}
	return v.showGive(unit.String(), typed, &t)
}

func (v *visit) showGive(unit, manager string, t *store.Team, problems ...problem) error {
	data := map[string]any{"Unit": unit, "Manager": manager, "Known": t != nil}
	if t != nil {
		var lines []managerLine
		for _, m := range t.Managers {
			lines = append(lines, managerLine{m.Address.String(), v.when(m.Since)})
		}
		data["Managers"] = lines
	}
	return v.show("teamgive", v.t("team.give-title"), data, problems...)
}
