package notice

import "fmt"

func (d *AskedData) language() string       { return d.Lang }
func (d *AskAnsweredData) language() string { return d.Lang }

func (d *AskedData) prepare(*Notices, tongue) error {
	clean(&d.From, &d.As)
	d.Subject = oneLine(d.Subject, maxSubject)
	if d.From == "" || d.LetIn && d.As == "" {
		return fmt.Errorf("%w: nobody who asks", ErrSyntax)
	}
	return link(&d.Page)
}

func (*AskedData) address(*Notices, *Mail) {}

func (d *AskAnsweredData) prepare(*Notices, tongue) error {
	clean(&d.Sender)
	if d.Sender == "" || d.Until.IsZero() {
		return fmt.Errorf("%w: no sender, or no time", ErrSyntax)
	}
	return nil
}

func (*AskAnsweredData) address(*Notices, *Mail) {}
